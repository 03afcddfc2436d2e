// Words that this project does not use, with what to write instead. `node scripts/test.mjs wording` checks every file.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../running/run.mjs';
import { filesBelow } from './files.mjs';

/**
 * Patterns for code, comments, texts and documents, what to write instead, and folders that a pattern does not cover yet.
 * Add a word here once the last occurrence is gone.
 */
const rules = [
  [/\bthat which\b/i, 'a noun'],
  [/\bcomes to nothing\b/i, '"has no effect"'],
  [/\bby the door\b/i, '"over REST", "over sockets" or "transport"'],
  [/\bat its word\b/i, 'a plain verb, such as "trust"'],
  [/\bmourns?\b/i, 'a plain verb: programs have no feelings'],
  [/\bby either door\b/i, '"over REST and sockets"'],
  [/\btireless/i, 'self-healing'],
  [/\btakeLeave\b/, 'closeSessions, or what it does'],
  [/\bfamiliarPlaces\b/, 'known addresses'],
  [/\bputOff\b/, 'delayReject or reject backoff'],
  [/\bsessionBook\b/i, 'session cache'],
  [/\bbecomeNobody\b/, 'anonymizeUser'],
  [/\bcountAgain\b/, 'recountUnread'],
  [/\buserRoom\b/, 'account session'],
  [/\bknownStorage\b/, 'snapshot store'],
  [/\b(?:hearEvents|createHearing)\b/, 'event decoder'],
  [/\brepairEvents\b/, 'replay events'],
  [/\bdoomed\b/i, 'pending deletion'],
  [/\bwhoever\b/i, 'a plain noun'],
  [/\banew\b/i, 'again'],
  [/\bfor who is\b|\bof who has\b|\bis told of\b/i, 'subject, verb, object'],
  [/\bsettlers?\b/i, 'clear pending'],
  [/\bownSends\b/, 'pending replies'],
  [/\boutlets?\b/i, 'transport'],
  [/\bcreateTimetable\b/, 'createScheduler'],
  [/\blively\b/i, 'active'],
  [/\bat hand\b/i, '"available", or leave it out'],
  [/\bgoes on\b|\bsets out\b/i, '"continues", "starts"'],
  [/\bstands still\b/i, '"stops" or "is blocked"'],
  [/\bheard\b/i, 'received', ['apps/worker/']],
  [
    /\btold\b/i,
    'received, notified or sent',
    ['packages/core/', 'packages/db/', 'packages/limits/'],
  ],
  [/\bthe one who\b/i, 'a plain noun', ['packages/core/']],
  [/@pern\/(?!(?:server|worker|client)\b)/, '"@chasqui/…": only the apps are @pern'],
];

const SEARCHED = /\.(?:tsx?|mjs|cjs|md|html|css|ya?ml|sh)$/;
const OWN = 'scripts/checks/wording.mjs';

export function checkWording() {
  const findings = filesBelow('')
    .filter((file) => SEARCHED.test(file) && file !== OWN)
    .flatMap(findingsIn);
  for (const finding of findings) console.error(finding);
  return findings.length === 0 ? 0 : 1;
}

function findingsIn(file) {
  return readFileSync(path.join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, index) =>
      rules.flatMap(([pattern, instead, except = []]) => {
        if (except.some((folder) => file.startsWith(folder))) return [];
        const [found] = pattern.exec(line) ?? [];
        return found === undefined ? [] : [`${file}:${index + 1}: "${found}": write ${instead}`];
      }),
    );
}
