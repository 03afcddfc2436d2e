import { ForbiddenError, NotFoundError } from '@chasqui/protocol';
import type { TopicLog } from '@chasqui/topics';
import type { Request, Response } from 'express';
import { MissingTokenError } from '../challenge';
import { hubLinkFor } from '../hub';
import { credentialsOf } from '../subscribe/credentials';
import type { HubKeys } from '../updates/hubKeys';
import { verifyHubToken } from '../updates/hubTokens';
import type { ActiveSubscriptions } from './activeSubscriptions';
import { answerFor } from './subscriptionDocument';

interface Deps {
  keys: HubKeys;
  log: Pick<TopicLog, 'last'>;
  active: Pick<ActiveSubscriptions, 'list'>;
}

/** Answers with the active subscriptions, or one of them, to a token that may receive private updates of the same path. */
export async function answerSubscriptions(
  { keys, log, active }: Deps,
  request: Request,
  response: Response,
  hubUrl: string,
): Promise<void> {
  const credentials = credentialsOf(request, { acceptsQuery: true });
  if (credentials === undefined) throw new MissingTokenError();
  const grant = await verifyHubToken(keys, 'subscriber', credentials.token, hubUrl);
  const [path = ''] = request.originalUrl.split('?');
  if (!grant.subscribes([path])) throw new ForbiddenError('the token does not allow this path');
  // Before the list, so that a client that continues from here misses no event.
  const lastEventId = (await log.last())?.id ?? 'earliest';
  const { dialect } = grant;
  const document = answerFor(path, await active.list(), { dialect, lastEventId });
  if (document === undefined) throw new NotFoundError();
  const isOlder = dialect === 'older';
  const type = isOlder ? 'application/ld+json' : 'application/json';
  const more = isOlder ? '' : '; type="mercure"; content-type="application/json"';
  response.set({
    'Content-Type': type,
    'Cache-Control': 'private, must-revalidate',
    ETag: `"${encodeURIComponent(lastEventId)}"`,
    Link: `${hubLinkFor(path)}; last-event-id="${encodeURI(lastEventId)}"${more}`,
  });
  response.send(JSON.stringify(document));
}
