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
import { mayEnd, type Outcome, packetOf } from './askSocket';
import type { CommandCase, RestCase } from './cases';
import type { World } from './world';

/** What is wrong with an answer, in words; nothing when it is one of those that the protocol declares. */
export type Fault = string | undefined;

/** What every closed endpoint may refuse, whatever its row says. */
const always: readonly ErrorName[] = ['ValidationError', 'UnauthorizedError', 'NotFoundError'];

const statuses: Readonly<Record<ErrorName, readonly number[]>> = {
  ValidationError: [400, 413, 415],
  UnauthorizedError: [401],
  ForbiddenError: [403],
  NotFoundError: [404],
  ConflictError: [409],
  // Limits are off, PostgreSQL is there, and a bug is what is looked for.
  RateLimitError: [],
  UnavailableError: [],
  InternalError: [],
};

export function faultOfRest(
  asked: RestCase,
  { status, body, raw }: Reply & { raw: string },
  { mark, mallory }: World,
): Fault {
  const { answers, refusals, path }: Endpoint = endpoints[asked.endpoint];
  if (raw.toLowerCase().includes(mark.toLowerCase())) return `her secret in ${raw}`;
  // HTTP's own, before there is a request: a head of more than 16 KB.
  if (status === 431) return undefined;
  if (status >= 400) {
    const parsed = errorBodySchema.safeParse(body);
    if (!parsed.success) return `${status} with a body of another shape: ${raw.slice(0, 300)}`;
    const { name } = parsed.data.error;
    // One export at a time, whether or not there are limits; several cases run at once.
    if (status === 429 && asked.endpoint === 'exportMe') return undefined;
    if (!statuses[name].includes(status)) return `${status} ${raw}`;
    return [...always, ...refusals].includes(name) ? undefined : `${name} is not in its row`;
  }
  // What is odd in a path may have led to another row.
  if (path.includes(':') && !(status in answers)) return undefined;
  const schema = answers[status];
  if (schema === undefined) return `an answer ${status} that is not in its row`;
  if (schema === null) return raw === '' ? undefined : `${status} with a body`;
  const parsed = schema.safeParse(body);
  if (!parsed.success || !isDeepStrictEqual(parsed.data, body)) {
    return path.includes(':') ? undefined : `another shape than declared: ${raw.slice(0, 300)}`;
  }
  return asked.endpoint === 'sendMessage' ? faultOfSent(body, mallory.id) : undefined;
}

export function faultOfCommand(asked: CommandCase, outcome: Outcome, world: World): Fault {
  if (outcome === 'no answer') return 'no answer within 10 s';
  if (outcome === 'ended') {
    return mayEnd(world.resolve(packetOf(asked))) ? undefined : 'the connection was ended';
  }
  const { answer, raw } = outcome;
  if (raw.toLowerCase().includes(world.mark.toLowerCase())) return `her secret in ${raw}`;
  const refused = errorBodySchema.safeParse(answer);
  if (refused.success) {
    const { name } = refused.data.error;
    return statuses[name].length > 0 ? undefined : raw;
  }
  const command = commands.find(({ name }) => name === asked.command);
  if (command === undefined) return `no command, and yet answered: ${raw.slice(0, 300)}`;
  const parsed = command.answer.safeParse(answer);
  if (!parsed.success) return `another shape than declared: ${raw.slice(0, 300)}`;
  return command.name === 'chat:message_send' && 'message' in parsed.data
    ? faultOfSent(parsed.data.message, world.mallory.id)
    : undefined;
}

/** Nobody sets what only a server sets. */
function faultOfSent(message: unknown, senderId: string): Fault {
  const { sender_id, kind, event } = messageSchema.parse(message);
  const isPlain = sender_id === senderId && kind === 'message' && event === undefined;
  return isPlain ? undefined : `sent as another: ${JSON.stringify(message)}`;
}
