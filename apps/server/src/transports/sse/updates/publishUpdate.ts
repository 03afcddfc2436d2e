import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from '@chasqui/limits';
import { ConflictError, ForbiddenError } from '@chasqui/protocol';
import type { NewTopicEvent, TopicLog } from '@chasqui/topics';
import { MissingTokenError } from '../challenge';
import { credentialsOf } from '../subscribe/credentials';
import type { HubKeys } from './hubKeys';
import { verifyHubToken } from './hubTokens';
import { readUpdate } from './publishRequest';

interface Deps {
  keys: HubKeys;
  log: Pick<TopicLog, 'publish'>;
  unread: ByteBudget;
  /** Whether a page may publish with the cookie of its user. */
  admits: (request: IncomingMessage) => boolean;
}

/**
 * Publishes an update; resolves to its id after the commit. Throws UnauthorizedError, ForbiddenError unless the token allows
 * every topic, ValidationError, and UnavailableError without PostgreSQL: a repeat with the same id stores one update.
 */
export async function publishUpdate(
  { keys, log, unread, admits }: Deps,
  request: IncomingMessage,
  hubUrl: string,
): Promise<string> {
  const credentials = credentialsOf(request, { acceptsQuery: true });
  if (credentials === undefined) throw new MissingTokenError();
  // A cookie comes with requests of any page, so the page must be known.
  const isFromPage = request.headers.origin !== undefined;
  if (credentials.from === 'cookie' && !(isFromPage && admits(request)))
    throw new ForbiddenError('publishing with a cookie needs an allowed Origin');
  const grant = await verifyHubToken(keys, 'publisher', credentials.token, hubUrl);
  const update = await readUpdate(request, unread, hubUrl);
  if (!update.topics.every((topic) => grant.publishes(topic)))
    throw new ForbiddenError('the token does not allow all topics of the update');
  return publish(log, update);
}

async function publish(log: Pick<TopicLog, 'publish'>, update: NewTopicEvent): Promise<string> {
  const generated = (): NewTopicEvent => ({ ...update, id: `urn:uuid:${randomUUID()}` });
  try {
    return await publishOne(log, update.id === undefined ? generated() : update);
  } catch (error) {
    // The id belongs to another update. The protocol lets a hub replace it.
    if (error instanceof ConflictError) return publishOne(log, generated());
    throw error;
  }
}

async function publishOne(log: Pick<TopicLog, 'publish'>, update: NewTopicEvent): Promise<string> {
  const [published] = await log.publish([update]);
  if (published === undefined) throw new Error('nothing was published');
  return published.id;
}
