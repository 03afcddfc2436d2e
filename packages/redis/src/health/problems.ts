import type { Log } from '@chasqui/foundation';

/** Tracks why Redis is reachable but cannot be used. */
export interface Problems {
  /** Called with an error reply to any command. Replies that say nothing about the server are ignored. */
  replied(message: string): void;
  /** Called when the server cannot be used for this reason, one sentence. */
  found(sentence: string): void;
  /** Called when the server has accepted a write. */
  works(): void;
  /**
   * One sentence with the cause and the setting, without address or account; undefined while Redis can be used.
   */
  current(): string | undefined;
  stop(): void;
}

interface Cause {
  reply: RegExp;
  sentence: string;
  /** Affects a single command, so a successful write does not disprove it. */
  isOfOneCommand?: boolean;
}

const reply = (codes: string): RegExp => new RegExp(`(^|[ -])(${codes}) `);

const CAUSES: readonly Cause[] = [
  {
    // A wrong password gets WRONGPASS, and every later command NOAUTH.
    reply: /(^|[ -])(NOAUTH|WRONGPASS) |ERR invalid password/,
    sentence: 'Redis refuses the login: check user and password in REDIS_URL',
  },
  {
    reply: reply('LOADING'),
    sentence: 'Redis is loading its data: wait until it has finished',
  },
  {
    reply: reply('MASTERDOWN'),
    sentence: 'Redis is a replica without a master: point REDIS_URL at a master',
  },
  {
    reply: reply('MISCONF'),
    sentence:
      'Redis cannot save its data and refuses writes (stop-writes-on-bgsave-error, appendonly): check its disk and its log',
  },
  {
    reply: reply('BUSY'),
    sentence: 'Redis is blocked by a script (busy-reply-threshold): end it with SCRIPT KILL',
  },
  {
    reply: reply('OOM'),
    sentence: 'Redis is out of memory and refuses writes: raise maxmemory',
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

/** Commands that Chasqui can do without. */
const OPTIONAL_COMMAND = /(command|the) ['`"](info|client|config|hello)\b/i;

/** A problem without a new reply for this long is over. */
const OVER_AFTER_MS = 10_000;

/** Logs each cause once, and once that Redis is usable again. */
export function createProblems(log: Log, now = (): number => performance.now()): Problems {
  let current: { sentence: string; isOfOneCommand: boolean; at: number } | undefined;
  const logged = new Set<string>();

  function note(sentence: string, isOfOneCommand: boolean): void {
    if (!logged.has(sentence)) log.error({}, sentence);
    logged.add(sentence);
    current = { sentence, isOfOneCommand, at: now() };
  }
  function end(): void {
    current = undefined;
    logged.clear();
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
