import cors from 'cors';
import type { Delivery } from '@pern/delivery/delivery';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { ClientAddress } from './clientAddress';
import { accountRoutes } from './http/accountRoutes';
import { adminRoutes } from './http/adminRoutes';
import { authRoutes } from './http/authRoutes';
import { blocksRoutes } from './http/blocksRoutes';
import { conversationsRoutes } from './http/conversationsRoutes';
import { documents } from './http/documents';
import { createDoor } from './http/door';
import { createErrorHandler, unknownRoute } from './http/errors';
import { homePage, styleHash } from './http/homePage';
import { messagesRoutes } from './http/messagesRoutes';
import { metricsRoute } from './http/metricsRoute';
import { participantsRoutes } from './http/participantsRoutes';
import { probeLimit } from './http/probeLimit';
import { probes, type Probes } from './http/probes';
import { sessionsRoutes } from './http/sessionsRoutes';
import { syncRoutes } from './http/syncRoutes';
import { timeLimit } from './http/timeLimit';
import { usersRoutes } from './http/usersRoutes';
import { webClient } from './http/webClient';
import type { Identity } from './identity/identity';
import type { UserDirectory } from './identity/userDirectory';
import type { Limits } from './limits/limits';
import type { LoginLimits } from './limits/loginLimits';
import type { PutOff } from './limits/putOff';
import type { DeadLetters } from './operation/deadLetters';
import type { Failures } from './operation/failures';
import type { Origins } from './origins';
import type { Blocking } from './realtime/blocking';

export interface AppDeps {
  identity: Identity;
  directory: UserDirectory;
  delivery: Delivery;
  blocking: Blocking;
  limits: Limits;
  loginLimits: LoginLimits;
  putOff: PutOff;
  addressOf: ClientAddress;
  origins: Origins;
  probes: Probes;
  metrics: () => Promise<{ contentType: string; text: string }>;
  version: string;
  /** Names of the instance's administrators. */
  administrators: readonly string[];
  deadLetters: DeadLetters;
  failed: Failures;
}

/** The HTTP side of a node: what a request meets, from the first to the last. */
export function createApp(deps: AppDeps): Express {
  const { identity, delivery } = deps;
  const door = createDoor(deps);
  const app = express();
  app.set('etag', false);

  app.use(timeLimit);
  app.use(helmet(securityHeaders));
  app.use(cors({ origin: deps.origins.listed, exposedHeaders: ['Retry-After'], maxAge: 600 }));

  app.use(webClient());
  app.use(homePage(deps.version));
  app.use(documents());
  app.use(['/readyz', '/metrics'], probeLimit(deps));
  app.use(probes(deps.probes, deps.version));
  app.use(metricsRoute(deps.metrics));

  app.use('/api', noStore);
  app.use(authRoutes(door, identity, deps.loginLimits));
  app.use(sessionsRoutes(door, identity));
  app.use(accountRoutes(door, identity, deps.loginLimits));
  app.use(usersRoutes(door, deps.directory));
  app.use(blocksRoutes(door, deps.blocking));
  app.use(conversationsRoutes(door, delivery));
  app.use(participantsRoutes(door, delivery));
  app.use(messagesRoutes(door, delivery));
  app.use(syncRoutes(door, delivery));
  app.use(adminRoutes(door, deps.deadLetters));

  app.use(unknownRoute);
  app.use(createErrorHandler(deps.failed));
  return app;
}

const securityHeaders = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      // With the sockets of this host.
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      mediaSrc: ["'self'", 'blob:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      styleSrc: ["'self'", styleHash],
      workerSrc: ["'self'"],
    },
  },
  // Whoever ends TLS in front of this knows whether the host is reached by it alone.
  strictTransportSecurity: false,
  // Answers are JSON for any client; which pages may read them is for CORS to say.
  crossOriginResourcePolicy: { policy: 'cross-origin' as const },
};

/** Answers hold tokens and messages: no cache keeps them. */
const noStore: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  next();
};
