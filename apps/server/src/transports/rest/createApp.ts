import cors from 'cors';
import type { ChatCore } from '@chasqui/core';
import type { Identity, Roles, SecurityLog, UserDirectory } from '@chasqui/identity';
import {
  type ByteBudget,
  createExportSlots,
  type Bulkheads,
  type Limits,
  type LoginLimits,
  type DelayReject,
  type Quotas,
} from '@chasqui/limits';
import type { Capability, RegistrationMode } from '@chasqui/protocol';
import express, { type Express, type RequestHandler, type Router } from 'express';
import type { ClientAddress } from '../../network/clientAddress';
import { accountRoutes } from './routes/account/accountRoutes';
import { deadLettersRoutes } from './routes/admin/deadLettersRoutes';
import { authRoutes } from './routes/account/authRoutes';
import { blocksRoutes } from './routes/chat/blocksRoutes';
import { canonicalPath } from './guard/canonicalPath';
import { conversationsRoutes } from './routes/chat/conversationsRoutes';
import { documents } from './pages/documents';
import { createEndpointRouter } from './endpointRouter';
import { createErrorHandler, lastResort, unknownRoute } from './errors';
import { hostCheck } from './guard/hostCheck';
import { homePage } from './pages/homePage';
import { messagesRoutes } from './routes/chat/messagesRoutes';
import { mercureTokenRoutes } from './routes/account/mercureTokenRoutes';
import { metricsRoute } from '../../observability/metricsRoute';
import { participantsRoutes } from './routes/chat/participantsRoutes';
import { probeLimit } from './guard/probeLimit';
import { probes, type Probes } from '../../observability/health/probes';
import { type Administration, userAdminRoutes } from './routes/admin/userAdminRoutes';
import { requestsRoutes } from './routes/chat/requestsRoutes';
import { rolesRoutes } from './routes/admin/rolesRoutes';
import { securityTxt } from './pages/securityTxt';
import { sessionsRoutes } from './routes/account/sessionsRoutes';
import { syncRoutes } from './routes/chat/syncRoutes';
import { timeLimit } from './guard/timeLimit';
import { usersRoutes } from './routes/account/usersRoutes';
import type { UnsentResponses } from './body/unsentResponses';
import { webClient } from './pages/webClient';
import { hubLinkFor } from '../sse/hub';
import type { Hosts } from '../../network/hosts';
import type { DeadLetters } from '../../commands/deadLetters';
import type { ErrorReporter } from '../../observability/errorReporter';
import type { Origins } from '../../network/origins';
import type { Blocking } from '../../connections/blocking';

export interface AppDeps {
  identity: Identity;
  directory: UserDirectory;
  core: ChatCore;
  blocking: Blocking;
  limits: Limits;
  quotas: Quotas;
  loginLimits: LoginLimits;
  delayReject: DelayReject;
  bulkheads: Bulkheads;
  addressOf: ClientAddress;
  hosts: Hosts;
  origins: Origins;
  probes: Probes;
  metrics: () => Promise<{ contentType: string; text: string }>;
  metricsToken: string | undefined;
  securityContact: string | undefined;
  version: string;
  registration: RegistrationMode;
  /** What this node offers beyond the base. */
  capabilities: readonly Capability[];
  roles: Roles;
  administration: Administration;
  deadLetters: DeadLetters;
  /** Request bodies that are still arriving. */
  unread: ByteBudget;
  /** The authorization endpoints and the HTTP API of Pusher Channels. */
  pusher: RequestHandler;
  /** Gives one response more time to be read. */
  extendDeadline: UnsentResponses['extend'];
  reportError: ErrorReporter;
  securityLog: SecurityLog;
  /** The Mercure hub, which has its own rules for other origins. */
  mercure: Router;
}

/** The Express app of a node. Middleware runs in the order listed. */
export function createApp(deps: AppDeps): Express {
  const { identity, core, quotas } = deps;
  const endpoints = createEndpointRouter({ ...deps, exportSlots: createExportSlots() });
  const app = express();
  app.set('etag', false);
  app.disable('x-powered-by');

  app.use(timeLimit);
  app.use(hostCheck(deps.hosts));
  app.use(deps.mercure);
  app.use(cors(deps.origins.cors));

  app.use(webClient());
  app.use(homePage(deps.version));
  app.use(documents());
  app.use(['/readyz', '/metrics'], probeLimit(deps));
  app.use(probes(deps.probes, deps.version, deps.registration, deps.capabilities));
  app.use(metricsRoute({ read: deps.metrics, token: deps.metricsToken }));
  app.use(securityTxt(deps.securityContact));

  // Names of channels may contain characters that other paths must not.
  app.use(deps.pusher);
  app.use(canonicalPath);
  app.use('/api', (request, response, next) => {
    response.append('Link', hubLinkFor(request.originalUrl));
    next();
  });
  app.use(authRoutes(endpoints, identity, deps));
  app.use(sessionsRoutes(endpoints, identity));
  app.use(mercureTokenRoutes(endpoints, identity));
  app.use(accountRoutes(endpoints, identity, deps.loginLimits, deps.securityLog));
  app.use(requestsRoutes(endpoints, core));
  app.use(usersRoutes(endpoints, deps.directory));
  app.use(blocksRoutes(endpoints, deps.blocking));
  app.use(conversationsRoutes(endpoints, core, quotas));
  app.use(participantsRoutes(endpoints, core, quotas));
  app.use(messagesRoutes(endpoints, core, quotas));
  app.use(syncRoutes(endpoints, core));
  app.use(deadLettersRoutes(endpoints, deps.deadLetters));
  app.use(rolesRoutes(endpoints, deps.roles));
  app.use(userAdminRoutes(endpoints, deps.administration));

  app.use(unknownRoute);
  app.use(createErrorHandler(deps.reportError));
  app.use(lastResort);
  return app;
}
