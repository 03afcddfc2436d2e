import { type ChasquiError, COMMAND_TIMEOUT_MS, UnavailableError } from '@chasqui/protocol';

/** The callback that a client passed, if it passed one. */
export type Acknowledge = ((answer: object) => void) | undefined;

/** The answer that one command gets, exactly once. Both say whether it was this one, and somebody hears it. */
export interface Answer {
  succeed(result: object): boolean;
  fail(error: ChasquiError): boolean;
}

export interface Answers {
  /** Begins the time within which the command is answered, at the latest with UnavailableError. */
  expect(acknowledge: Acknowledge, command: string): Answer;
  stop(): void;
}

const LIMIT_MS = COMMAND_TIMEOUT_MS - 500;
const LOOK_EVERY_MS = 250;

interface Pending extends Answer {
  command: string;
  due: number;
  done: boolean;
}

interface AnswersOptions {
  /** Told of each command that had no answer in time. */
  late(error: UnavailableError, command: string): void;
  now?: () => number;
}

/** One timer looks after all commands of the node: a timer for each would weigh on the send path. */
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
  }, LOOK_EVERY_MS);
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
