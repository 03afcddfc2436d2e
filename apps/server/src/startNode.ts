import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import { performance } from 'node:perf_hooks';
import { createCore, type ChatCore } from '@chasqui/core';
import { checkReadiness, deliveryCounts, readFindings } from '@chasqui/db';
import { createReleasers, type Log, systemClock } from '@chasqui/foundation';
import {
  createIdentityStore,
  createSecretKeys,
  createSecurityLog,
  grantConfiguredAdmins,
  reportRefusals,
  reservedUsernames,
} from '@chasqui/identity';
import { createByteBudgets } from '@chasqui/limits';
import { createPresence, createPresenceNotifier } from '@chasqui/presence';
import { type Settings, watchSpace } from '@chasqui/settings';
import { capabilitiesOf } from './capabilities';
import { createHosts } from './network/hosts';
import { createClientAddress, createProxies } from './network/clientAddress';
import { createApp } from './transports/rest/createApp';
import { openHttpServer } from './transports/rest/openHttpServer';
import { createSecurityHeaders } from './transports/rest/guard/securityHeaders';
import { watchResponses } from './transports/rest/body/unsentResponses';
import { limitTcpConnections } from './network/limitTcpConnections';
import { openIdentity } from './openIdentity';
import { openLimits } from './openLimits';
import { openStores } from './openStores';
import { openTopics } from './openTopics';
import { createDeadLetters } from './commands/deadLetters';
import { createErrorReporter } from './observability/errorReporter';
import { createMetrics } from './observability/metrics';
import { version } from './observability/version';
import { createOrigins } from './network/origins';
import { createSocketAdmission } from './network/socketAdmission';
import { createBlocking } from './connections/blocking';
import { createEventBudget, endlessBudget } from './connections/eventBudget';
import { createClientConnections } from './connections/clientConnections';
import { createPusher } from './transports/pusher/createPusher';
import { createSocketGateway } from './transports/socketio/gateway';
import { createMercureHub } from './transports/sse/mercureHub';
import { openUpdateHub } from './transports/sse/updates/openUpdateHub';
import { streamLimits } from './transports/sse/stream/streamLimits';

export interface Node {
  /** The listen port; the assigned one if port 0 was requested. */
  readonly port: number;
  /**
   * Stops accepting, finishes open requests and closes everything within 10 s. A second call waits
   * for the first.
   */
  stop(): Promise<void>;
}

export interface NodeOptions {
  settings: Settings;
  log: Log;
  /** Prefix of every key and channel in Redis. */
  redisPrefix?: string;
}

/** A client uses HTTP besides its socket connection. */
const SOCKETS_PER_CONNECTION = 2;

/**
 * Starts one server node. Starts without PostgreSQL and Redis and waits for them while running
 * (D11). Rejects if it cannot listen, after closing everything that was opened before.
 */
export async function startNode({ settings, log, redisPrefix }: NodeOptions): Promise<Node> {
  const releasers = createReleasers(log);
  try {
    const port = await open(settings, log, redisPrefix, releasers);
    return { port, stop: () => releasers.releaseAll() };
  } catch (error) {
    await releasers.releaseAll();
    throw error;
  }
}

async function open(
  settings: Settings,
  log: Log,
  redisPrefix: string | undefined,
  releasers: ReturnType<typeof createReleasers>,
): Promise<number> {
  const nodeId = randomUUID();
  const keys = createSecretKeys(settings.JWT_SECRET, settings.JWT_SECRET_OTHER);
  const securityLog = createSecurityLog({ log, clock: systemClock, secret: settings.JWT_SECRET });
  releasers.push('security log', () => securityLog.stop());
  const stores = openStores({ settings, log, nodeId, redisPrefix, releasers });
  const { db, redis, bus, wakeups, redisTakesWrites } = stores;

  const space = watchSpace({ folder: settings.DATA_DIR, log });
  releasers.push('free space', async () => space.stop());
  const { unsent, unread } = createByteBudgets({ log, now: () => performance.now() });
  const metrics = createMetrics({
    connections: () => clients.size(),
    pool: () => db.pool(),
    deliveryCounts: () => deliveryCounts(db),
    queueDepth: async () => ({ ...(await wakeups.depth()) }),
    notificationsDropped: () => bus.dropped(),
    wakeupFailures: () => wakeups.failures(),
    sweepFindings: () => readFindings(db, 'sweep'),
    auditFindings: () => readFindings(db, 'audit'),
    busConnected: () => bus.connected(),
    repeatingEvents: () => core.isRepeatingEvents(),
    redis: redisTakesWrites,
    diskFreeBytes: () => space.freeBytes(),
    refusals: () => ({ ...refusals(), traffic: limiting.traffic.waits() }),
    heldBytes: () => ({ unsent: unsent.held(), unread: unread.held() }),
    topicsBehind: () => topics.behind(),
    slowConnectionsClosed: () => ({ unsent: unsent.closed(), unread: unread.closed() }),
  });
  releasers.push('metrics', () => metrics.stop());
  const core: ChatCore = createCore({
    db,
    bus,
    wakeups,
    gauges: metrics.gauges,
    clock: systemClock,
    log,
    recheckMs: settings.SWEEP_INTERVAL_MS,
    firstDelayMs: settings.DELIVERY_BACKOFF_MS,
    retention: {
      defaultS: settings.RETENTION_DEFAULT_S ?? null,
      maxS: settings.RETENTION_MAX_S ?? null,
    },
    contactPolicy: settings.CONTACT_POLICY,
    onAccepted: (userId, otherId) => void blocking.introduce(userId, otherId),
  });
  releasers.push('core', () => core.stop(2_000), 2_200);

  const topics = openTopics({
    ...{ settings, db, bus, log, gaugesOf: metrics.topicGauges, releasers },
  });
  const store = createIdentityStore(db);
  const presence = createPresence({
    redis,
    nodeId,
    clock: systemClock,
    onChange: createPresenceNotifier({ store, core, log }),
    log,
  });
  releasers.push('presence', () => presence.close(), 1_000);

  const blocking = createBlocking({ core, presence, log, now: () => systemClock.now() });
  const reserved = reservedUsernames(settings.ADMIN_USERNAMES);
  const { identity, sessionCache, endings, directory, roles, administration } = openIdentity({
    ...{ settings, keys, stores, store, core, presence, log, securityLog, releasers },
    reservedUsernames: reserved,
  });

  const addressOf = createClientAddress(settings.TRUST_PROXY);
  const limiting = openLimits({ settings, keys, redis, nodeId, addressOf, log });
  releasers.push('limits', async () => limiting.stop());
  const refusals = () => ({ ...limiting.limits.refusals(), ...limiting.quotas.refusals() });
  releasers.push('report of refusals', reportRefusals(refusals, securityLog, systemClock));
  const isProxy = createProxies(settings.TRUST_PROXY);
  const origins = createOrigins({ listed: settings.CORS_ORIGINS, isProxy });
  const hosts = createHosts({ allowed: settings.ALLOWED_HOSTS, bind: settings.HOST, isProxy });
  if (hosts.areChecked) {
    const allowed = settings.ALLOWED_HOSTS;
    log.info({ allowed }, 'only localhost and these host names are accepted: ALLOWED_HOSTS');
  }
  const reportError = createErrorReporter({ log, clock: systemClock });
  const pusher = createPusher({
    ...{ settings, keys, bus, nodeId, openLog: () => topics.open('pusher') },
  });
  const hub = openUpdateHub({ settings, topics, redis: stores.redis, nodeId, log, releasers });
  const capabilities = capabilitiesOf({ hub, pusher });
  const clients = createClientConnections({
    ...{ core, presence, wakeups, sessionCache, endings, bus, log, ...limiting },
    capabilities,
    createBudget: () => (settings.RATE_LIMIT ? createEventBudget() : endlessBudget),
  });
  releasers.push('client connections', async () => clients.stop());
  const mercure = createMercureHub({
    ...{ core, clients, identity, origins, isProxy, addressOf, securityLog, log, ...limiting },
    ...{ rates: limiting.limits, limits: streamLimits, clock: systemClock },
    extendDeadline: (response, ms) => answers.extend(response, ms),
    ...{ failed: reportError, unread, hub },
  });
  const app = createApp({
    mercure: mercure.router,
    identity,
    directory,
    core,
    blocking,
    ...limiting,
    addressOf,
    hosts,
    origins,
    probes: {
      postgres: () => checkReadiness(db),
      redis: redisTakesWrites,
      warnings: () => [...space.warnings(), ...[redis.problem() ?? []].flat()],
    },
    metrics: () => metrics.read(),
    metricsToken: settings.METRICS_TOKEN,
    securityContact: settings.SECURITY_CONTACT,
    version,
    registration: settings.REGISTRATION,
    capabilities,
    roles,
    administration,
    deadLetters: createDeadLetters({ db, wakeups, securityLog }),
    pusher: pusher.routes({ ...limiting, identity, core, addressOf, unread, securityLog }),
    unread,
    extendDeadline: (response, ms) => answers.extend(response, ms),
    reportError,
    securityLog,
  });

  const httpServer = openHttpServer(app);
  if (settings.RATE_LIMIT) {
    const max = SOCKETS_PER_CONNECTION * settings.CONNECTIONS_PER_ADDRESS;
    limitTcpConnections(httpServer, { max, isProxy });
  }
  const admitsPage = createSocketAdmission({ hosts, origins, log, now: () => performance.now() });
  pusher.open({
    ...{ httpServer, core, clients, presence, admitsPage, addressOf, ...limiting },
    ...{ unsent, unread, failed: reportError, securityLog, clock: systemClock, log },
  });
  const gateway = createSocketGateway({
    httpServer,
    nodeName: settings.NODE_NAME,
    identity,
    core,
    clients,
    presence,
    origins,
    ...{ admitsPage, addressOf },
    ...limiting,
    ...{ failed: reportError, securityLog },
    ...{ unsent, unread },
    log,
  });
  const answers = watchResponses({ server: httpServer, unsent, now: () => performance.now() });
  releasers.push('answers', async () => answers.stop());
  // Must run first: responses written by Socket.IO need these headers too.
  httpServer.prependListener('request', createSecurityHeaders(isProxy));
  releasers.push('servers', () => closeServer(httpServer, [gateway, pusher]), 2_500);
  releasers.push('streams', async () => mercure.close());
  const named = grantConfiguredAdmins({ db, clock: systemClock, log, securityLog }, reserved);
  releasers.push('ADMIN_USERNAMES', named.stop);
  await named.settled;
  return listen(httpServer, settings.HOST, settings.PORT);
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** Stops accepting, gives open requests two seconds, then closes the rest. */
async function closeServer(
  server: Server,
  gateways: readonly { close(): Promise<void> }[],
): Promise<void> {
  // Otherwise a busy client keeps its connection open with one request after the other, and the last one is cut off.
  server.prependListener('request', (_request, response) => {
    response.setHeader('Connection', 'close');
  });
  const timer = setTimeout(() => server.closeAllConnections(), 2_000);
  await Promise.all(gateways.map((gateway) => gateway.close()));
  clearTimeout(timer);
}
