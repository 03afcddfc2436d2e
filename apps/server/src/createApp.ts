import cors from 'cors';
import type { Delivery } from '@pern/delivery/delivery';
import type { RegistrationMode } from '@pern/protocol/rest/operation';
import express, { type Express } from 'express';
import type { Roles } from './administration/roles';
import type { ClientAddress } from './clientAddress';
import { accountRoutes } from './http/accountRoutes';
import { adminRoutes } from './http/adminRoutes';
import { authRoutes } from './http/authRoutes';
import { blocksRoutes } from './http/blocksRoutes';
import { canonicalPath } from './http/canonicalPath';
import { conversationsRoutes } from './http/conversationsRoutes';
import { documents } from './http/documents';
import { createDoor } from './http/door';
import { createErrorHandler, lastResort, unknownRoute } from './http/errors';
import { hostCheck } from './http/hostCheck';
import { homePage } from './http/homePage';
import { messagesRoutes } from './http/messagesRoutes';
import { metricsRoute } from './http/metricsRoute';
import { participantsRoutes } from './http/participantsRoutes';
import { probeLimit } from './http/probeLimit';
import { probes, type Probes } from './http/probes';
import { type Administration, peopleRoutes } from './http/peopleRoutes';
import { requestsRoutes } from './http/requestsRoutes';
import { rolesRoutes } from './http/rolesRoutes';
import { securityTxt } from './http/securityTxt';
import { sessionsRoutes } from './http/sessionsRoutes';
import { syncRoutes } from './http/syncRoutes';
import { timeLimit } from './http/timeLimit';
import { usersRoutes } from './http/usersRoutes';
import type { UnsentAnswers } from './http/unsentAnswers';
import { webClient } from './http/webClient';
import type { Hosts } from './hosts';
import type { Identity } from './identity/identity';
import type { UserDirectory } from './identity/userDirectory';
import type { Lanes } from './limits/lanes';
import type { ByteBudget } from './limits/byteBudget';
import { createExportPlaces } from './limits/exportPlaces';
import type { Limits } from './limits/limits';
import type { LoginLimits } from './limits/loginLimits';
import type { PutOff } from './limits/putOff';
import type { Quotas } from './limits/quotas';
import type { DeadLetters } from './operation/deadLetters';
import type { Failures } from './operation/failures';
import type { SecurityLog } from './operation/securityLog';
import type { Origins } from './origins';
import type { Blocking } from './realtime/blocking';

export interface AppDeps {
  identity: Identity;
  directory: UserDirectory;
  delivery: Delivery;
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
  const { identity, delivery, quotas } = deps;
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
  app.use(requestsRoutes(door, delivery));
  app.use(usersRoutes(door, deps.directory));
  app.use(blocksRoutes(door, deps.blocking));
  app.use(conversationsRoutes(door, delivery, quotas));
  app.use(participantsRoutes(door, delivery, quotas));
  app.use(messagesRoutes(door, delivery, quotas));
  app.use(syncRoutes(door, delivery));
  app.use(adminRoutes(door, deps.deadLetters));
  app.use(rolesRoutes(door, deps.roles));
  app.use(peopleRoutes(door, deps.administration));

  app.use(unknownRoute);
  app.use(createErrorHandler(deps.failed));
  app.use(lastResort);
  return app;
}
