import type { SecretKeys } from '@chasqui/identity';
import type { Settings } from '@chasqui/settings';
import type { RequestHandler } from 'express';
import { createAuthentication } from '../rest/guard/authenticateCaller';
import { authRoutes } from './auth/authRoutes';
import { createSignatures } from './auth/signatures';
import { createPusherGateway, type PusherGateway, type PusherGatewayDeps } from './gateway';

type AuthenticationDeps = Parameters<typeof createAuthentication>[0];
type RouteDeps = Omit<
  Parameters<typeof authRoutes>[0] & AuthenticationDeps,
  'authentication' | 'signatures' | 'unavailable'
>;

/** Pusher Channels: WebSockets at `/app/{key}`, and what belongs to them over HTTP. */
export interface Pusher {
  routes(deps: RouteDeps): RequestHandler;
  /** Accepts connections. Call once, before the upgrades are admitted by turns. */
  open(deps: Omit<PusherGatewayDeps, 'appKey' | 'chat' | 'application' | 'generic'>): void;
  /** Closes all connections; clients reconnect to any node. */
  close(): Promise<void>;
}

/** The key of the app if the settings name none. */
const APP_KEY = 'chasqui';

export function createPusher({
  settings,
  keys,
}: {
  settings: Pick<Settings, 'PUSHER_KEY'>;
  keys: SecretKeys;
}): Pusher {
  const appKey = settings.PUSHER_KEY ?? APP_KEY;
  // Not the secret of the app: an application that publishes to its own channels cannot act as a user of the chat.
  const chat = createSignatures(
    appKey,
    keys.accepted.map(({ pusherChannels }) => pusherChannels),
  );
  let gateway: PusherGateway | undefined;
  return {
    routes: (deps) =>
      authRoutes({
        ...deps,
        authentication: createAuthentication(deps),
        signatures: chat,
        unavailable: (socketId) => gateway?.sessionOf(socketId)?.close('unavailable'),
      }),
    open(deps) {
      gateway = createPusherGateway({
        ...{ ...deps, appKey, chat, application: undefined, generic: undefined },
      });
    },
    async close() {
      await gateway?.close();
    },
  };
}
