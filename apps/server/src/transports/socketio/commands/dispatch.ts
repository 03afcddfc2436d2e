import type { SecurityLog } from '@chasqui/identity';
import { actionOfCommand, bulkheadOf, type Bulkheads, type Limits } from '@chasqui/limits';
import {
  type Command,
  type CommandData,
  type CommandResult,
  parseWith,
  RateLimitError,
  ValidationError,
} from '@chasqui/protocol';
import type { ErrorReporter } from '../../../observability/errorReporter';
import { countRefusal } from '../../../observability/refusals';
import type { Acknowledge, Answer, Answers } from './answers';
import type { ClientConnection } from '../../../connections/clientConnection';

/** The handler of one command; its file is named after the command. */
export interface CommandHandler {
  name: string;
  /** Parses the data, executes the command and answers. May throw or return a promise that rejects. */
  run(connection: ClientConnection, data: unknown, answer: Answer): Promise<void> | void;
}

/** A handler that receives validated data and whose result is the answer. */
export function handler<C extends Command>(
  command: C,
  handle: (
    connection: ClientConnection,
    data: CommandData<C>,
  ) => Promise<CommandResult<C> & object>,
): CommandHandler {
  return {
    name: command.name,
    async run(connection, data, answer) {
      answer.succeed(await handle(connection, parseWith<C['data']>(command.data, data)));
    },
  };
}

interface Deps {
  answers: Answers;
  failed: ErrorReporter;
  limits: Limits;
  bulkheads: Bulkheads;
  securityLog: Pick<SecurityLog, 'count'>;
}

/**
 * Runs every command. Each is answered within ten seconds, exceptions become errors of the contract, and input is never
 * echoed.
 */
export function createDispatch(
  handlers: readonly CommandHandler[],
  { answers, failed, limits, bulkheads, securityLog }: Deps,
) {
  const byName = new Map(
    handlers.map((handler) => [handler.name, { ...handler, kind: actionOfCommand(handler.name) }]),
  );

  return (
    connection: ClientConnection,
    event: unknown,
    data: unknown,
    acknowledge: Acknowledge,
  ): void => {
    const command = typeof event === 'string' ? byName.get(event) : undefined;
    const kind = command?.kind ?? 'unknown';
    const waitMs =
      limits.take(kind, connection.userId, connection.address) ||
      (kind === 'acknowledgement' ? connection.budget.take() : 0);
    // Refuse a flood before it causes any work.
    if (waitMs > 0) {
      acknowledge?.({ success: false, error: new RateLimitError(waitMs / 1_000).toWire() });
      connection.refused();
      return;
    }
    const { userId } = connection;
    if (command === undefined) {
      const error = new ValidationError('there is no such command');
      countRefusal(securityLog, { userId, action: 'unknown command' }, error);
      acknowledge?.({ success: false, error: error.toWire() });
      return;
    }
    const answer = answers.expect(acknowledge, command.name);
    const run = (): Promise<void> | void => command.run(connection, data, answer);
    const fail = (error: unknown): void => {
      countRefusal(securityLog, { userId, action: command.name }, error);
      answer.fail(failed(error, { command: command.name }));
    };
    try {
      // A send has no bulkhead and reaches its transaction synchronously.
      const running =
        bulkheadOf(kind) === 'none' ? run() : bulkheads.run(kind, connection, async () => run());
      running?.catch(fail);
    } catch (error) {
      fail(error);
    }
  };
}
