import type { Log } from '@pern/delivery/ports';

/** A Redis that can be reached and cannot be used: why, and whether that is still so. */
export interface Troubles {
  /** An error reply of a server, to any command. Replies that say nothing about the server are ignored. */
  replied(message: string): void;
  /** The server cannot be used for this reason, one sentence. */
  found(sentence: string): void;
  /** The server has just taken a write. */
  works(): void;
  /** One sentence that names the cause and the setting, without address or account; undefined while all is well. */
  current(): string | undefined;
  stop(): void;
}

interface Cause {
  reply: RegExp;
  sentence: string;
  /** Concerns one command, so that a write that succeeds proves nothing. */
  isOfOneCommand?: boolean;
}

const reply = (codes: string): RegExp => new RegExp(`(^|[ -])(${codes}) `);

const CAUSES: readonly Cause[] = [
  {
    // A wrong password is answered WRONGPASS, and every command after it NOAUTH.
    reply: /(^|[ -])(NOAUTH|WRONGPASS) |ERR invalid password/,
    sentence: 'Redis refuses the login: check user and password in REDIS_URL',
  },
  {
    reply: reply('LOADING'),
    sentence: 'Redis is loading its data and cannot be used until it ends',
  },
  {
    reply: reply('MASTERDOWN'),
    sentence: 'Redis is a replica that has lost its master: REDIS_URL must lead to a master',
  },
  {
    reply: reply('MISCONF'),
    sentence:
      'Redis cannot save its data and refuses writes (stop-writes-on-bgsave-error, appendonly): check its disk and its log',
  },
  {
    reply: reply('BUSY'),
    sentence: 'Redis is blocked by a script (busy-reply-threshold): SCRIPT KILL ends it',
  },
  {
    reply: reply('OOM'),
    sentence: 'Redis has no memory left and refuses writes: raise maxmemory',
  },
  {
    reply: reply('NOPERM'),
    sentence: 'the user in REDIS_URL may not run a command that Chasqui needs: check its ACL',
    isOfOneCommand: true,
  },
  {
    reply: /ERR unknown command/,
    sentence: 'Redis lacks a command that Chasqui needs: check rename-command',
    isOfOneCommand: true,
  },
];

/** Chasqui does without these. */
const OPTIONAL_COMMAND = /(command|the) ['`"](info|client|config|hello)\b/i;

/** A trouble of which nobody has heard for so long is over. */
const OVER_AFTER_MS = 10_000;

/** Logs each cause once, and once that Redis can be used again. */
export function createTroubles(log: Log, now = (): number => performance.now()): Troubles {
  let current: { sentence: string; isOfOneCommand: boolean; at: number } | undefined;
  const said = new Set<string>();

  function note(sentence: string, isOfOneCommand: boolean): void {
    if (!said.has(sentence)) log.error({}, sentence);
    said.add(sentence);
    current = { sentence, isOfOneCommand, at: now() };
  }
  function end(): void {
    current = undefined;
    said.clear();
    log.info({}, 'Redis can be used again');
  }

  const timer = setInterval(() => {
    if (current !== undefined && now() - current.at > OVER_AFTER_MS) end();
  }, 1_000);
  timer.unref();

  return {
    replied(message) {
      const cause = CAUSES.find((each) => each.reply.test(message));
      if (cause === undefined) return;
      const isOfOneCommand = cause.isOfOneCommand ?? false;
      if (isOfOneCommand && OPTIONAL_COMMAND.test(message)) return;
      note(cause.sentence, isOfOneCommand);
    },
    found: (sentence) => note(sentence, false),
    works() {
      if (current !== undefined && !current.isOfOneCommand) end();
    },
    current: () => current?.sentence,
    stop: () => clearInterval(timer),
  };
}
