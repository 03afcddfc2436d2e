import type { Bus } from '@chasqui/core/ports';
import { systemClock } from '@chasqui/foundation';
import type { SecretKeys } from '@chasqui/identity';
import type { TopicLog } from '@chasqui/topics';
import type { Settings } from '@chasqui/settings';
import { type RequestHandler, Router } from 'express';
import { createAuthentication } from '../rest/guard/authenticateCaller';
import { apiRoutes } from './api/apiRoutes';
import type { PusherApp } from './api/verifyRequest';
import { authRoutes } from './auth/authRoutes';
import { createSignatures } from './auth/signatures';
import { createGenericChannels } from './generic/createGenericChannels';
import { createNodeLink } from './generic/nodeLink';
import { createPusherGateway, type PusherGateway, type PusherGatewayDeps } from './gateway';

type AuthenticationDeps = Parameters<typeof createAuthentication>[0];
type RouteDeps = Omit<
  Parameters<typeof authRoutes>[0] & Parameters<typeof apiRoutes>[0] & AuthenticationDeps,
  'authentication' | 'signatures' | 'unavailable' | 'app' | 'generic' | 'terminate' | 'now'
>;

/** Pusher Channels: WebSockets at `/app/{key}`, and what belongs to them over HTTP. */
export interface Pusher {
  /** Whether there are channels of an application. */
  readonly hasApplication: boolean;
  routes(deps: RouteDeps): RequestHandler;
  /** Accepts connections. Call once, before the upgrades are admitted by turns. */
  open(deps: Omit<PusherGatewayDeps, 'appKey' | 'chat' | 'application' | 'generic'>): void;
  /** Closes all connections; clients reconnect to any node. */
  close(): Promise<void>;
}

/** The key of the app if the settings name none. */
const APP_KEY = 'chasqui';

export function createPusher({ settings, keys, bus, nodeId, openLog }: Deps): Pusher {
  const appKey = settings.PUSHER_KEY ?? APP_KEY;
  // Not the secret of the app: an application that publishes to its own channels cannot act as a user of the chat.
  const chat = createSignatures(
    appKey,
    keys.accepted.map(({ pusherChannels }) => pusherChannels),
  );
  const app = appOf(settings);
  const link = createNodeLink(bus);
  const generic =
    app === undefined
      ? undefined
      : createGenericChannels({ link, nodeId, clock: systemClock, log: openLog() });
  const stopListening = link.onMessage((message) => {
    if (message.type === 'terminate') gateway?.closeUser(message.userId, 'terminated');
    if (message.type === 'unavailable') closeUnavailable(message.socketId);
  });
  let gateway: PusherGateway | undefined;

  /** Returns whether the connection was one of this node. */
  function closeUnavailable(socketId: string): boolean {
    const session = gateway?.sessionOf(socketId);
    session?.close('unavailable');
    return session !== undefined;
  }

  function terminate(userId: string): void {
    gateway?.closeUser(userId, 'terminated');
    link.send({ type: 'terminate', userId });
  }

  return {
    hasApplication: app !== undefined,
    routes(deps) {
      const router = Router();
      router.use(
        authRoutes({
          ...deps,
          authentication: createAuthentication(deps),
          signatures: chat,
          unavailable(socketId) {
            // A balancer may have sent the request to another node than the connection.
            if (!closeUnavailable(socketId)) link.send({ type: 'unavailable', socketId });
          },
        }),
      );
      if (app !== undefined && generic !== undefined)
        router.use(apiRoutes({ ...deps, app, generic, terminate, now: () => Date.now() }));
      return router;
    },
    open(deps) {
      const application = app === undefined ? undefined : createSignatures(app.key, [app.secret]);
      gateway = createPusherGateway({ ...deps, appKey, chat, application, generic });
    },
    async close() {
      stopListening();
      await gateway?.close();
      generic?.stop();
    },
  };
}

interface Deps {
  settings: Pick<Settings, 'PUSHER_APP_ID' | 'PUSHER_KEY' | 'PUSHER_SECRET'>;
  keys: SecretKeys;
  bus: Bus;
  nodeId: string;
  /** Opens the log of what the application publishes; called at most once. */
  openLog: () => TopicLog;
}

/** The app of an application with channels of its own; undefined unless all three settings are there. */
function appOf({ PUSHER_APP_ID: id, PUSHER_KEY: key, PUSHER_SECRET: secret }: Deps['settings']) {
  if (id === undefined || key === undefined || secret === undefined) return undefined;
  return { id, key, secret } satisfies PusherApp;
}
