import { type ChasquiError, COMMAND_TIMEOUT_MS, UnavailableError } from '@chasqui/protocol';

/** The callback that the client passed, if any. */
export type Acknowledge = ((answer: object) => void) | undefined;

/** Answers one command, exactly once. */
export interface Answer {
  /** Returns whether this call answered and the client expects an answer. */
  succeed(result: object): boolean;
  /** Returns the same as `succeed`. */
  fail(error: ChasquiError): boolean;
}

export interface Answers {
  /** Starts the time limit of a command. When it expires, the answer is UnavailableError. */
  expect(acknowledge: Acknowledge, command: string): Answer;
  stop(): void;
}

const LIMIT_MS = COMMAND_TIMEOUT_MS - 500;
const CHECK_EVERY_MS = 250;

interface Pending extends Answer {
  command: string;
  due: number;
  done: boolean;
}

interface AnswersOptions {
  /** Called with each command that was not answered in time. */
  late(error: UnavailableError, command: string): void;
  now?: () => number;
}

/** One timer covers all commands of the node: a timer per command would slow down the send path. */
export function createAnswers({ late, now = Date.now }: AnswersOptions): Answers {
  let open: Pending[] = [];

  const timer = setInterval(() => {
    const at = now();
    open = open.filter((pending) => {
      if (!pending.done && pending.due <= at) {
        const error = new UnavailableError('there was no answer in time', 2);
        late(error, pending.command);
        pending.fail(error);
      }
      return !pending.done;
    });
  }, CHECK_EVERY_MS);
  timer.unref();

  return {
    expect(acknowledge, command) {
      const give = (answer: object): boolean => {
        if (pending.done) return false;
        pending.done = true;
        acknowledge?.(answer);
        return acknowledge !== undefined;
      };
      const pending: Pending = {
        command,
        due: now() + LIMIT_MS,
        done: false,
        succeed: (result) => give({ success: true, ...result }),
        fail: (error) => give({ success: false, error: error.toWire() }),
      };
      open.push(pending);
      return pending;
    },
    stop: () => clearInterval(timer),
  };
}
