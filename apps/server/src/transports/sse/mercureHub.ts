import type { Clock, Log } from '@chasqui/foundation';
import type { Caller, Identity, SecurityLog } from '@chasqui/identity';
import { userAgentOf } from '@chasqui/identity';
import { type ConnectionQuota, type Limits, refuseIf } from '@chasqui/limits';
import { UnauthorizedError } from '@chasqui/protocol';
import { type Request, type Response, Router } from 'express';
import { type ConnectionGate, FULL_WAIT_MS } from '../../connections/connectionGate';
import type { ClientAddress } from '../../network/clientAddress';
import type { Origins } from '../../network/origins';
import type { ErrorReporter } from '../../observability/errorReporter';
import type { UnsentResponses } from '../rest/body/unsentResponses';
import { type ChatStreamDeps, openChatStream } from './chatStream';
import { crossOrigin } from './crossOrigin';
import { createHeldResponse } from './heldResponse';
import { HUB_PATH, originOf } from './hub';
import { chatSelectionOf } from './subscribe/chatSelection';
import { credentialsOf } from './subscribe/credentials';
import { parseSubscribeRequest, type SubscribeRequest } from './subscribe/subscribeRequest';

export interface MercureHubDeps extends ChatStreamDeps {
  identity: Pick<Identity, 'authenticateStream'>;
  origins: Pick<Origins, 'admits' | 'lists'>;
  isProxy: (address: string) => boolean;
  addressOf: ClientAddress;
  gate: ConnectionGate;
  rates: Limits;
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
  router.get(HUB_PATH, subscribe);

  async function subscribe(request: Request, response: Response): Promise<void> {
    const address = addressOf(request);
    if (gate.admits(request) !== 'yes') refuseIf(FULL_WAIT_MS);
    response.set('WWW-Authenticate', 'Bearer');
    const origin = originOf(request, deps.isProxy);
    const asked = await parseSubscribeRequest(request, `${origin}${HUB_PATH}`);
    const credentials = credentialsOf(request, { acceptsQuery: asked.isOlderDialect });
    if (credentials === undefined) throw new UnauthorizedError();
    const agent = userAgentOf(request.headers['user-agent']);
    const authenticate = (): Promise<Caller & { deviceId?: string }> =>
      identity.authenticateStream(credentials.token, agent).catch((error: unknown) => {
        if (error instanceof UnauthorizedError) {
          securityLog.count({ event: 'token_refused', door: 'stream', address });
          refuseIf(rates.take('stranger', null, address));
        }
        throw error;
      });
    const held = createHeldResponse(response, { ...deps, lastEventId: asked.lastEventId });
    let isCounted = false;
    await held.keepTrying(async () => {
      const caller = await authenticate();
      if (!isCounted) count(caller, address, response);
      isCounted = true;
      if (request.method === 'HEAD') {
        held.writeHead(true);
        response.end();
        return;
      }
      await openFor(caller, { asked, origin, address, response, held });
    });
  }

  /** Takes the stream's places in the quotas of its user and address. */
  function count({ userId }: Caller, address: string, response: Response): void {
    refuseIf(rates.take('stream', userId, address));
    if (deps.userConnectionQuota.isFull(userId)) refuseIf(FULL_WAIT_MS);
    const releases = [
      deps.userConnectionQuota.take(userId),
      deps.addressConnectionQuota.take(address),
    ];
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
