import { performance } from 'node:perf_hooks';
import { type Clock, type Log, systemClock } from '@chasqui/foundation';
import type { SecretKeys } from '@chasqui/identity';
import {
  createKnownAddresses,
  createBulkheads,
  createLimits,
  createLoginLimits,
  createRejectBackoff,
  createConnectionQuota,
  createDelayReject,
  createQuotas,
  createReservations,
  createSharedDeficits,
  createSharedConnectionCounts,
  createTrafficShaper,
  noRejectBackoff,
  unlimitedConnections,
  unlimitedTraffic,
  actionRates,
  type Bulkheads,
  type Limits,
  type LoginLimits,
  noBulkheads,
  noLimits,
  noLoginLimits,
  noQuotas,
  type RejectBackoff,
  type ConnectionQuota,
  type DelayReject,
  type Quotas,
  SEND_BURST_SECONDS,
  type TrafficShaper,
} from '@chasqui/limits';
import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import type { RedisConnections } from '@chasqui/redis';
import type { Settings } from '@chasqui/settings';
import type { ClientAddress } from './network/clientAddress';
import { type ConnectionGate, createConnectionGate, openGate } from './connections/connectionGate';

/** Everything that keeps one client from using more than its share of a node. */
export interface Limiting {
  limits: Limits;
  quotas: Quotas;
  loginLimits: LoginLimits;
  gate: ConnectionGate;
  userConnectionQuota: ConnectionQuota;
  addressConnectionQuota: ConnectionQuota;
  /** For users whose socket commands are being rejected. */
  rejectBackoff: RejectBackoff;
  delayReject: DelayReject;
  bulkheads: Bulkheads;
  traffic: TrafficShaper;
  stop(): void;
}

interface Deps {
  settings: Settings;
  keys: SecretKeys;
  redis: RedisConnections;
  nodeId: string;
  addressOf: ClientAddress;
  log: Log;
}

/**
 * Rejections per user that a node sends without delay; a test or a buggy client may cause 10,000 at
 * once.
 */
const REFUSALS_OF_USER = { perSecond: 1_000, burst: 20_000 };
const REFUSALS_OF_ADDRESS = { perSecond: 200, burst: 2_000 };
/** Shorter than the ping time-out. */
const MUTE_MS = 5_000;
const PUT_OFF_MS = 2_000;

/** Setting the system clock back must not lock anyone out. */
const steadyClock: Clock = { ...systemClock, now: () => performance.now() };

/** Opens the limits of a node. RATE_LIMIT=off disables all of them, connection quotas included. */
export function openLimits({ settings, keys, redis, nodeId, addressOf, log }: Deps): Limiting {
  if (!settings.RATE_LIMIT) return unlimited;
  const clock = steadyClock;
  const now = clock.now;
  const stores = redis.shards.map((shard) => ({
    redis: redis.open('failing-fast', 'limits', shard),
    prefix: `${redis.prefix}${shard.tag}`,
  }));
  const rates = actionRates({ sendsPerSecond: settings.RATE_LIMIT_MESSAGES_PER_SECOND });
  const deficits = createSharedDeficits(stores, log, now);
  const limits = createLimits({ rates, deficits, clock });
  const quotas = createQuotas({ settings, deficits, clock });
  const shared = createSharedConnectionCounts({ stores, nodeId, log, now });
  const userConnectionQuota = createConnectionQuota({
    ...{ name: 'user', max: settings.CONNECTIONS_PER_USER },
    ...{ shared, clock },
  });
  const addressConnectionQuota = createConnectionQuota({
    ...{ name: 'address', max: settings.CONNECTIONS_PER_ADDRESS },
    ...{ shared, clock },
  });
  return {
    limits,
    quotas,
    loginLimits: createLoginLimits({
      wrongPasswords: createReservations({
        ...{ action: 'failedLogin', rates: rates.failedLogin, deficits, clock },
        onRefusal: () => limits.countRefusal('failedLogin'),
      }),
      knownAddresses: createKnownAddresses(stores),
      key: keys.signing.loginLimits,
      // The previous release used the secret itself.
      earlierKeys: [settings.JWT_SECRET, ...keys.accepted.slice(1).map((one) => one.loginLimits)],
    }),
    gate: createConnectionGate({ limits, quota: addressConnectionQuota, addressOf, now }),
    userConnectionQuota,
    addressConnectionQuota,
    rejectBackoff: createRejectBackoff({ rate: REFUSALS_OF_USER, maxMs: MUTE_MS, clock }),
    delayReject: createDelayReject(
      createRejectBackoff({ rate: REFUSALS_OF_ADDRESS, maxMs: PUT_OFF_MS, clock }),
    ),
    // A quarter of the pool: the rest is for sends, acknowledgements and initial backlogs.
    traffic: createTrafficShaper({
      // As much as the send limit allows with messages of maximum size.
      bytesPerSecond: settings.RATE_LIMIT_MESSAGES_PER_SECOND * MAX_FRAME_BYTES,
      burstBytes: settings.RATE_LIMIT_MESSAGES_PER_SECOND * MAX_FRAME_BYTES * SEND_BURST_SECONDS,
      ...{ waitMaxMs: MUTE_MS, now },
    }),
    bulkheads: createBulkheads({ places: Math.floor(settings.DATABASE_POOL_MAX / 4), now }),
    stop() {
      limits.stop();
      quotas.stop();
      userConnectionQuota.stop();
      addressConnectionQuota.stop();
    },
  };
}

const unlimited: Limiting = {
  limits: noLimits,
  quotas: noQuotas,
  loginLimits: noLoginLimits,
  gate: openGate,
  userConnectionQuota: unlimitedConnections,
  addressConnectionQuota: unlimitedConnections,
  rejectBackoff: noRejectBackoff,
  delayReject: () => Promise.resolve(),
  bulkheads: noBulkheads,
  traffic: unlimitedTraffic,
  stop: () => undefined,
};
