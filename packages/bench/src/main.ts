// The program behind `npm run bench`. Exit code 1 when a row fails: acknowledged messages were not stored or received
// exactly once, or a process crashed. A missed target is a result, not a failure.
import path from 'node:path';
import { parseArgs } from 'node:util';
import { releaseGuard } from '@chasqui/testkit';
import type { Effort } from './contest';
import type { Line } from './figures/lines';
import { tableOf } from './figures/table';
import { contests } from './rows/all';
import { roundsOf, runContest } from './runContest';
import { writePlans } from './plans/writePlans';
import { createScope, type ClosableScope } from './scope';
import { publish, publishFlameGraphs } from './figures/publish';
import { saveRuns, thisMachine } from './figures/save';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string' },
    full: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    plans: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});

const root = path.resolve(__dirname, '../../..');
const say = (line: string): void => void process.stdout.write(`${line}\n`);
let open: ClosableScope | undefined;
let interrupted = false;

/** The signal may arrive twice: from the terminal to its process group, and from the parent process. */
function interrupt(): void {
  if (interrupted) return;
  interrupted = true;
  say('interrupted');
  void (open?.close() ?? Promise.resolve()).then(() => process.exit(130));
}

async function main(): Promise<number> {
  if (values.list) {
    for (const { name, what } of contests) say(`${name.padEnd(14)} ${what}`);
    return 0;
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);
  if (values.plans) {
    const scope = createScope('quick', say);
    open = scope;
    try {
      say(await scope.unlessFailed(writePlans(scope)));
      return 0;
    } catch (error) {
      say(`plans: FAILED: ${error instanceof Error ? error.message : String(error)}`);
      return 1;
    } finally {
      await scope.close();
      await releaseGuard();
    }
  }
  const unknown = positionals.find((name) => contests.every((contest) => contest.name !== name));
  if (unknown !== undefined) {
    say(`There is no row "${unknown}". Rows: ${contests.map(({ name }) => name).join(', ')}.`);
    return 1;
  }
  const chosen = contests.filter(
    ({ name }) => positionals.length === 0 || positionals.includes(name),
  );
  const effort: Effort = values.full || positionals.length === 0 ? 'full' : 'quick';
  const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
  if (rounds !== undefined && !(Number.isInteger(rounds) && rounds >= 1 && rounds <= 100)) {
    say('--rounds must be a whole number from 1 to 100');
    return 1;
  }
  const profileTo = values.profile ? path.join(root, '.data/bench/profiles') : undefined;
  const lines: Line[] = [];
  let failed = 0;
  for (const contest of chosen) {
    if (interrupted) break;
    try {
      const opened = (scope: ClosableScope): void => void (open = scope);
      const options = {
        ...{ effort, rounds: rounds ?? roundsOf(contest, effort), say, opened },
        profileTo,
      };
      lines.push(...(await runContest(contest, options)));
    } catch (error) {
      failed += 1;
      // Errors caused by the interrupt itself are not reported.
      if (!interrupted) {
        say(`${contest.name}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  if (interrupted) {
    await open?.close();
    return 130;
  }
  say(`\n${tableOf(lines)}\n`);
  const run = { effort, machine: thisMachine() };
  say(saveRuns(lines, run, root));
  if (values.profile) say('CPU profiles and flame graphs of the server: .data/bench/profiles');
  const order = contests.map(({ name }) => name);
  if (values.write && failed === 0) {
    // A profiled run is slower, so its figures do not belong in the table.
    if (profileTo === undefined) say(publish(lines, run, { order, root }));
    else say(publishFlameGraphs(profileTo, root));
  }
  return failed > 0 ? 1 : 0;
}

void main().then((code) => process.exit(code));
