import cors from 'cors';
import type { ChatCore } from '@chasqui/core';
import type { Identity, Roles, SecurityLog, UserDirectory } from '@chasqui/identity';
import {
  type ByteBudget,
  createExportPlaces,
  type Lanes,
  type Limits,
  type LoginLimits,
  type PutOff,
  type Quotas,
} from '@chasqui/limits';
import type { RegistrationMode } from '@chasqui/protocol';
import express, { type Express } from 'express';
import type { ClientAddress } from '../../network/clientAddress';
import { accountRoutes } from './routes/account/accountRoutes';
import { adminRoutes } from './routes/admin/adminRoutes';
import { authRoutes } from './routes/account/authRoutes';
import { blocksRoutes } from './routes/chat/blocksRoutes';
import { canonicalPath } from './guard/canonicalPath';
import { conversationsRoutes } from './routes/chat/conversationsRoutes';
import { documents } from './pages/documents';
import { createDoor } from './endpointRouter';
import { createErrorHandler, lastResort, unknownRoute } from './errors';
import { hostCheck } from './guard/hostCheck';
import { homePage } from './pages/homePage';
import { messagesRoutes } from './routes/chat/messagesRoutes';
import { metricsRoute } from '../../observability/metricsRoute';
import { participantsRoutes } from './routes/chat/participantsRoutes';
import { probeLimit } from './guard/probeLimit';
import { probes, type Probes } from '../../observability/probes';
import { type Administration, peopleRoutes } from './routes/admin/peopleRoutes';
import { requestsRoutes } from './routes/chat/requestsRoutes';
import { rolesRoutes } from './routes/admin/rolesRoutes';
import { securityTxt } from './pages/securityTxt';
import { sessionsRoutes } from './routes/account/sessionsRoutes';
import { syncRoutes } from './routes/chat/syncRoutes';
import { timeLimit } from './guard/timeLimit';
import { usersRoutes } from './routes/account/usersRoutes';
import type { UnsentAnswers } from './body/unsentAnswers';
import { webClient } from './pages/webClient';
import type { Hosts } from '../../network/hosts';
import type { DeadLetters } from '../../commands/deadLetters';
import type { Failures } from '../../observability/failures';
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
  putOff: PutOff;
  lanes: Lanes;
  addressOf: ClientAddress;
  hosts: Hosts;
  origins: Origins;
  probes: Probes;
  metrics: () => Promise<{ contentType: string; text: string }>;
  metricsToken: string | undefined;
  securityContact: string | undefined;
  version: string;
  registration: RegistrationMode;
  roles: Roles;
  administration: Administration;
  deadLetters: DeadLetters;
  /** Request bodies that have not arrived whole. */
  unread: ByteBudget;
  /** Gives an answer more time to be read than others have. */
  allowTime: UnsentAnswers['allow'];
  failed: Failures;
  securityLog: SecurityLog;
}

/** The HTTP side of a node: what a request meets, from the first to the last. */
export function createApp(deps: AppDeps): Express {
  const { identity, core, quotas } = deps;
  const door = createDoor({ ...deps, exportPlaces: createExportPlaces() });
  const app = express();
  app.set('etag', false);
  app.disable('x-powered-by');

  app.use(timeLimit);
  app.use(hostCheck(deps.hosts));
  app.use(cors(deps.origins.cors));

  app.use(webClient());
  app.use(homePage(deps.version));
  app.use(documents());
  app.use(['/readyz', '/metrics'], probeLimit(deps));
  app.use(probes(deps.probes, deps.version, deps.registration));
  app.use(metricsRoute({ read: deps.metrics, token: deps.metricsToken }));
  app.use(securityTxt(deps.securityContact));

  app.use(canonicalPath);
  app.use(authRoutes(door, identity, deps));
  app.use(sessionsRoutes(door, identity));
  app.use(accountRoutes(door, identity, deps.loginLimits, deps.securityLog));
  app.use(requestsRoutes(door, core));
  app.use(usersRoutes(door, deps.directory));
  app.use(blocksRoutes(door, deps.blocking));
  app.use(conversationsRoutes(door, core, quotas));
  app.use(participantsRoutes(door, core, quotas));
  app.use(messagesRoutes(door, core, quotas));
  app.use(syncRoutes(door, core));
  app.use(adminRoutes(door, deps.deadLetters));
  app.use(rolesRoutes(door, deps.roles));
  app.use(peopleRoutes(door, deps.administration));

  app.use(unknownRoute);
  app.use(createErrorHandler(deps.failed));
  app.use(lastResort);
  return app;
}
