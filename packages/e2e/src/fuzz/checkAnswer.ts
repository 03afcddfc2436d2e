import { isDeepStrictEqual } from 'node:util';
import {
  commands,
  type Endpoint,
  endpoints,
  errorBodySchema,
  type ErrorName,
  messageSchema,
} from '@chasqui/protocol';
import type { Reply } from '@chasqui/testkit';
import { mayDisconnect, type Outcome, packetOf } from './socketRequests';
import type { CommandCase, RestCase } from './cases/cases';
import type { FuzzFixture } from './fuzzFixture';

/** A violation of the protocol as text; undefined for a declared answer. */
export type Violation = string | undefined;

/** Refusals that every authenticated endpoint may return without declaring them. */
const always: readonly ErrorName[] = ['ValidationError', 'UnauthorizedError', 'NotFoundError'];

const statuses: Readonly<Record<ErrorName, readonly number[]>> = {
  ValidationError: [400, 413, 415],
  UnauthorizedError: [401],
  ForbiddenError: [403],
  NotFoundError: [404],
  ConflictError: [409],
  // Limits are off, PostgreSQL is up, and an InternalError is a bug.
  RateLimitError: [],
  UnavailableError: [],
  InternalError: [],
};

export function checkRestAnswer(
  asked: RestCase,
  { status, body, raw }: Reply & { raw: string },
  { mark, mallory }: FuzzFixture,
): Violation {
  const { answers, refusals, path }: Endpoint = endpoints[asked.endpoint];
  if (raw.toLowerCase().includes(mark.toLowerCase())) return `a secret of the victim in ${raw}`;
  // Node itself refuses headers over 16 KB.
  if (status === 431) return undefined;
  if (status >= 400) {
    const parsed = errorBodySchema.safeParse(body);
    if (!parsed.success) return `${status} with an unexpected body: ${raw.slice(0, 300)}`;
    const { name } = parsed.data.error;
    // Only one export per user at a time, even without limits, and cases run concurrently.
    if (status === 429 && asked.endpoint === 'exportMe') return undefined;
    if (!statuses[name].includes(status)) return `${status} ${raw}`;
    return [...always, ...refusals].includes(name) ? undefined : `${name} is not declared`;
  }
  // An unusual path parameter may have led to another endpoint.
  if (path.includes(':') && !(status in answers)) return undefined;
  const schema = answers[status];
  if (schema === undefined) return `status ${status} is not declared`;
  if (schema === null) return raw === '' ? undefined : `${status} with a body`;
  const parsed = schema.safeParse(body);
  if (!parsed.success || !isDeepStrictEqual(parsed.data, body)) {
    return path.includes(':') ? undefined : `undeclared shape: ${raw.slice(0, 300)}`;
  }
  return asked.endpoint === 'sendMessage' ? checkSentMessage(body, mallory.id) : undefined;
}

export function checkCommandAnswer(
  asked: CommandCase,
  outcome: Outcome,
  fixture: FuzzFixture,
): Violation {
  if (outcome === 'no answer') return 'no answer within 10 s';
  if (outcome === 'ended') {
    return mayDisconnect(fixture.resolve(packetOf(asked)))
      ? undefined
      : 'the connection was closed';
  }
  const { answer, raw } = outcome;
  if (raw.toLowerCase().includes(fixture.mark.toLowerCase()))
    return `a secret of the victim in ${raw}`;
  const refused = errorBodySchema.safeParse(answer);
  if (refused.success) {
    const { name } = refused.data.error;
    return statuses[name].length > 0 ? undefined : raw;
  }
  const command = commands.find(({ name }) => name === asked.command);
  if (command === undefined) return `an unknown command was answered: ${raw.slice(0, 300)}`;
  const parsed = command.answer.safeParse(answer);
  if (!parsed.success) return `undeclared shape: ${raw.slice(0, 300)}`;
  return command.name === 'chat:message_send' && 'message' in parsed.data
    ? checkSentMessage(parsed.data.message, fixture.mallory.id)
    : undefined;
}

/** Fields that only the server sets must have its values. */
function checkSentMessage(message: unknown, senderId: string): Violation {
  const { sender_id, kind, event } = messageSchema.parse(message);
  const isPlain = sender_id === senderId && kind === 'message' && event === undefined;
  return isPlain ? undefined : `server-set fields were changed: ${JSON.stringify(message)}`;
}
