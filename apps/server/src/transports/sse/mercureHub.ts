import type { Clock, Log } from '@chasqui/foundation';
import type { Caller, Identity, SecurityLog } from '@chasqui/identity';
import { userAgentOf } from '@chasqui/identity';
import { type ConnectionQuota, refuseIf } from '@chasqui/limits';
import { UnauthorizedError } from '@chasqui/protocol';
import { type Request, type Response, Router } from 'express';
import { type ConnectionGate, FULL_WAIT_MS } from '../../connections/connectionGate';
import type { Origins } from '../../network/origins';
import type { ErrorReporter } from '../../observability/errorReporter';
import type { UnsentResponses } from '../rest/body/unsentResponses';
import { type ChatStreamDeps, openChatStream } from './chatStream';
import { challenged, MissingTokenError } from './challenge';
import { crossOrigin } from './crossOrigin';
import { ACCEPT_AFTER_MS, createHeldResponse } from './heldResponse';
import { HUB_PATH, originOf } from './hub';
import { chatSelectionOf } from './subscribe/chatSelection';
import { type Credentials, credentialsOf } from './subscribe/credentials';
import { anonymousGrant, type HubGrant, isHubToken, verifyHubToken } from './updates/hubTokens';
import { updateRoutes, type UpdateRoutesDeps } from './updates/updateRoutes';
import { updateFilter } from './updates/updateFilter';
import { openUpdateStream } from './updates/updateStream';
import { parseSubscribeRequest, type SubscribeRequest } from './subscribe/subscribeRequest';

export interface MercureHubDeps extends ChatStreamDeps, UpdateRoutesDeps {
  identity: Pick<Identity, 'authenticateStream'>;
  origins: Pick<Origins, 'admits' | 'lists'>;
  gate: ConnectionGate;
  userConnectionQuota: ConnectionQuota;
  addressConnectionQuota: ConnectionQuota;
  /** Gives one response more time to be read. */
  extendDeadline: UnsentResponses['extend'];
  failed: ErrorReporter;
  securityLog: Pick<SecurityLog, 'count'>;
  clock: Clock;
  log: Log;
}

/** The Mercure hub: server-sent events of the chat, in both dialects of the protocol. */
export interface MercureHub {
  readonly router: Router;
  /** Ends all streams; their clients return to any node. */
  close(): void;
}

export function createMercureHub(deps: MercureHubDeps): MercureHub {
  const { identity, addressOf, gate, rates, securityLog } = deps;
  const open = new Set<Response>();
  const router = Router();
  router.use(HUB_PATH, crossOrigin(deps.origins));
  // Express answers HEAD with the head of this.
  router.get(HUB_PATH, challenged(subscribe));
  router.use(updateRoutes(deps));
  const { hub } = deps;

  async function subscribe(request: Request, response: Response): Promise<void> {
    const address = addressOf(request);
    if (gate.admits(request) !== 'yes') refuseIf(FULL_WAIT_MS);
    const origin = originOf(request, deps.isProxy);
    const asked = await parseSubscribeRequest(request, `${origin}${HUB_PATH}`);
    const credentials = credentialsOf(request, { acceptsQuery: asked.isOlderDialect });
    const held = createHeldResponse(response, { ...deps, lastEventId: asked.lastEventId });
    const grant = await grantOf(credentials, `${origin}${HUB_PATH}`, address);
    if (grant !== undefined) {
      refuseIf(rates.take('stream', null, address));
      count(null, address, response);
      openUpdates(grant, { asked, origin, address, response, held }, request.method === 'HEAD');
      return;
    }
    if (credentials === undefined) throw new MissingTokenError();
    const agent = userAgentOf(request.headers['user-agent']);
    const authenticate = (): Promise<Caller & { deviceId?: string }> =>
      refusing(identity.authenticateStream(credentials.token, agent), address);
    let isCounted = false;
    await held.keepTrying(async () => {
      const caller = await authenticate();
      if (!isCounted) {
        refuseIf(rates.take('stream', caller.userId, address));
        count(caller.userId, address, response);
      }
      isCounted = true;
      if (request.method === 'HEAD') {
        held.writeHead(true);
        response.end();
        return;
      }
      await openFor(caller, { asked, origin, address, response, held });
    });
  }

  /** What the token of an application allows; undefined for a user of the chat, and for nobody. */
  async function grantOf(
    credentials: Credentials | undefined,
    hubUrl: string,
    address: string,
  ): Promise<HubGrant | undefined> {
    if (hub === undefined) return undefined;
    if (credentials === undefined) return hub.isAnonymousAllowed ? anonymousGrant : undefined;
    if (!isHubToken(credentials.token)) return undefined;
    return refusing(verifyHubToken(hub.keys, 'subscriber', credentials.token, hubUrl), address);
  }

  /** Counts refused tokens. */
  function refusing<T>(authenticated: Promise<T>, address: string): Promise<T> {
    return authenticated.catch((error: unknown) => {
      if (error instanceof UnauthorizedError) {
        securityLog.count({ event: 'token_refused', door: 'stream', address });
        refuseIf(rates.take('stranger', null, address));
      }
      throw error;
    });
  }

  function openUpdates(grant: HubGrant, opening: Opening, isHead: boolean): void {
    const { asked, response, held } = opening;
    if (hub === undefined) return;
    if (isHead) {
      held.writeHead(true);
      response.end();
      return;
    }
    const accepting = deps.clock.setTimeout(() => held.accept(), ACCEPT_AFTER_MS);
    openUpdateStream(
      { ...deps, updates: hub.log, active: hub.active },
      {
        ...{ grant, response, selectors: asked.selectors, lastEventId: asked.lastEventId },
        onStarted(isResumed) {
          accepting.cancel();
          held.writeHead(isResumed);
        },
      },
    );
  }

  /** Takes the stream's places in the quotas of its user and address. */
  function count(userId: string | null, address: string, response: Response): void {
    if (userId !== null && deps.userConnectionQuota.isFull(userId)) refuseIf(FULL_WAIT_MS);
    const releases = [deps.addressConnectionQuota.take(address)];
    if (userId !== null) releases.push(deps.userConnectionQuota.take(userId));
    open.add(response);
    response.once('close', () => {
      open.delete(response);
      for (const release of releases) release();
    });
  }

  async function openFor(
    caller: Caller & { deviceId?: string },
    { asked, origin, address, response, held }: Opening,
  ): Promise<void> {
    const selection = chatSelectionOf(asked.selectors, caller.userId, origin);
    const stream = await openChatStream(deps, {
      ...{ caller, address, selection, response },
      deviceId: caller.deviceId ?? caller.sessionId,
      lastEventId: asked.lastEventId,
      updates: hub && {
        log: hub.log,
        // The token of a user of the chat allows no private updates.
        matches: updateFilter(asked.selectors, anonymousGrant),
      },
    });
    held.writeHead(stream.isResumed);
    stream.begin();
  }

  return {
    router,
    close() {
      for (const response of open) response.socket?.destroySoon();
    },
  };
}

interface Opening {
  asked: SubscribeRequest;
  origin: string;
  address: string;
  response: Response;
  held: ReturnType<typeof createHeldResponse>;
}
