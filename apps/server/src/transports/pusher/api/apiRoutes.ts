import type { ByteBudget, DelayReject, Limits } from '@chasqui/limits';
import { refuseIf } from '@chasqui/limits';
import { NotFoundError, UnauthorizedError, ValidationError } from '@chasqui/protocol';
import type { SecurityLog } from '@chasqui/identity';
import { type Request, type RequestHandler, Router } from 'express';
import type { ClientAddress } from '../../../network/clientAddress';
import { hasBody, readBytes } from '../../rest/body/readJsonBody';
import { parseChannelName } from '../channels/channelName';
import type { GenericChannels } from '../generic/genericChannels';
import { attributesOf, channelInfo } from './channelInfo';
import { parseBatch, parseEvent, type PublishedEvent } from './eventBodies';
import { type PusherApp, verifyRequest } from './verifyRequest';

interface Deps {
  app: PusherApp;
  generic: GenericChannels;
  /** Closes the connections of a user on all nodes. */
  terminate: (userId: string) => void;
  limits: Limits;
  delayReject: DelayReject;
  addressOf: ClientAddress;
  unread: ByteBudget;
  securityLog: Pick<SecurityLog, 'count'>;
  now: () => number;
}

interface Call {
  readonly request: Request;
  readonly params: ReadonlyMap<string, string>;
  body(): unknown;
}

/** Ten events of 10 KB as JSON in JSON, with escapes. */
const BODY_MAX_BYTES = 524_288;

/** The signed HTTP API for the application's server. */
export function apiRoutes(deps: Deps): Router {
  const { app, limits, addressOf } = deps;
  const router = Router();
  const base = '/apps/:app';

  router.post(
    `${base}/events`,
    signed(({ body }) => publish(parseEvent(body()), infoByName)),
  );
  router.post(
    `${base}/batch_events`,
    signed(({ body }) => publish(parseBatch(body()), infoInOrder)),
  );
  router.get(
    `${base}/channels`,
    signed(({ params }) => listChannels(params)),
  );
  router.get(`${base}/channels/:channel`, signed(readChannel));
  router.get(`${base}/channels/:channel/users`, signed(listUsers));
  router.post(
    `${base}/users/:user/terminate_connections`,
    signed(({ request }) => {
      deps.terminate(String(request.params.user));
      return {};
    }),
  );
  return router;

  /** Checks the signature before anything else of the request is used. */
  function signed(handle: (call: Call) => object | Promise<object>): RequestHandler {
    return async (request, response) => {
      const address = addressOf(request);
      await enforce(limits.take('publish', null, address), address);
      const body = hasBody(request)
        ? await readBytes(request, deps.unread, BODY_MAX_BYTES)
        : Buffer.alloc(0);
      const params = await verify(request, body, address);
      response.json(await handle({ request, params, body: () => parseJson(body) }));
    };
  }

  async function verify(request: Request, body: Buffer, address: string) {
    if (request.params.app !== app.id) throw new NotFoundError('there is no such app');
    const [path = '', query = ''] = request.originalUrl.split(/\?(.*)/s);
    try {
      return verifyRequest({ method: request.method, path, query, body }, app, deps.now());
    } catch (error) {
      if (error instanceof UnauthorizedError) {
        deps.securityLog.count({ event: 'token_refused', door: 'rest', address });
        await enforce(limits.take('stranger', null, address), address);
      }
      throw error;
    }
  }

  async function enforce(waitMs: number, address: string): Promise<void> {
    if (waitMs > 0) await deps.delayReject(address);
    refuseIf(waitMs);
  }

  async function publish(
    events: readonly PublishedEvent[],
    infoOf: (events: readonly PublishedEvent[]) => object,
  ): Promise<object> {
    // Before anything is published: an attribute that the channel has not refuses the request.
    const info = events.some((event) => event.info !== undefined) ? infoOf(events) : {};
    await deps.generic.log.publish(
      events.map(({ channel, ...event }) => ({ ...event, channels: [channel] })),
    );
    return info;
  }

  const infoOfEvent = ({ channel, info }: PublishedEvent): object =>
    info === undefined ? {} : channelInfo(deps.generic, channel, info);

  function infoByName(events: readonly PublishedEvent[]): object {
    const channels = events.map((event) => [event.channel, infoOfEvent(event)] as const);
    return { channels: Object.fromEntries(channels) };
  }

  function infoInOrder(events: readonly PublishedEvent[]): object {
    return { batch: events.map(infoOfEvent) };
  }

  function listChannels(params: ReadonlyMap<string, string>): object {
    const prefix = params.get('filter_by_prefix') ?? '';
    const attributes = attributesOf(params.get('info'));
    if (attributes.includes('user_count') && !prefix.startsWith('presence-'))
      throw new ValidationError('user_count needs filter_by_prefix=presence-');
    const names = deps.generic.channels().filter((name) => name.startsWith(prefix));
    const channels = names.map(
      (name) => [name, channelInfo(deps.generic, name, attributes)] as const,
    );
    return { channels: Object.fromEntries(channels) };
  }

  function readChannel({ request, params }: Call): object {
    const name = channelOf(request);
    const occupied = deps.generic.channels().includes(name);
    return { occupied, ...channelInfo(deps.generic, name, attributesOf(params.get('info'))) };
  }

  function listUsers({ request }: Call): object {
    const name = channelOf(request);
    const kind = parseChannelName(name);
    if (kind?.kind !== 'generic' || kind.access !== 'presence')
      throw new ValidationError('only presence channels have users');
    return { users: deps.generic.userIds(name).map((id) => ({ id })) };
  }
}

function channelOf({ params }: Request): string {
  const name = String(params.channel);
  if (parseChannelName(name) === undefined)
    throw new ValidationError('the name of the channel is malformed');
  return name;
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new ValidationError('the body must be well-formed JSON');
  }
}
