import { performance } from 'node:perf_hooks';
import { type Clock, type Log, systemClock } from '@chasqui/foundation';
import type { SecretKeys } from '@chasqui/identity';
import {
  createFamiliarPlaces,
  createLanes,
  createLimits,
  createLoginLimits,
  createPatience,
  createPlaces,
  createPutOff,
  createQuotas,
  createReservations,
  createSharedDebts,
  createSharedPlaces,
  createTraffic,
  endlessPatience,
  endlessPlaces,
  endlessTraffic,
  kindsOfActions,
  type Lanes,
  type Limits,
  type LoginLimits,
  noLanes,
  noLimits,
  noLoginLimits,
  noQuotas,
  type Patience,
  type Places,
  type PutOff,
  type Quotas,
  SEND_BURST_SECONDS,
  type Traffic,
} from '@chasqui/limits';
import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import type { Connections } from '@chasqui/redis';
import type { Settings } from '@chasqui/settings';
import type { ClientAddress } from './network/clientAddress';
import { type ConnectionGate, createConnectionGate, openGate } from './connections/connectionGate';

/** All that keeps somebody from taking more than their share of a node. */
export interface Limiting {
  limits: Limits;
  quotas: Quotas;
  loginLimits: LoginLimits;
  gate: ConnectionGate;
  placesOfUsers: Places;
  placesOfAddresses: Places;
  /** With users whose connections are refused what they ask. */
  patience: Patience;
  putOff: PutOff;
  lanes: Lanes;
  traffic: Traffic;
  stop(): void;
}

interface Deps {
  settings: Settings;
  keys: SecretKeys;
  connections: Connections;
  nodeId: string;
  addressOf: ClientAddress;
  log: Log;
}

/** A user's refusals that a node writes without delay; a test or a bug may ask 10,000 times at once. */
const REFUSALS_OF_USER = { perSecond: 1_000, burst: 20_000 };
const REFUSALS_OF_ADDRESS = { perSecond: 200, burst: 2_000 };
/** Shorter than a ping may go unanswered. */
const MUTE_MS = 5_000;
const PUT_OFF_MS = 2_000;

/** A clock that is set back by minutes must lock nobody out. */
const steadyClock: Clock = { ...systemClock, now: () => performance.now() };

/** Opens the limits of a node. With RATE_LIMIT=off there are none, of connections neither. */
export function openLimits({
  settings,
  keys,
  connections,
  nodeId,
  addressOf,
  log,
}: Deps): Limiting {
  if (!settings.RATE_LIMIT) return unlimited;
  const clock = steadyClock;
  const now = clock.now;
  const stores = connections.shards.map((shard) => ({
    redis: connections.open('failing-fast', 'limits', shard),
    prefix: `${connections.prefix}${shard.tag}`,
  }));
  const kinds = kindsOfActions({ sendsPerSecond: settings.RATE_LIMIT_MESSAGES_PER_SECOND });
  const debts = createSharedDebts(stores, log, now);
  const limits = createLimits({ kinds, debts, clock });
  const quotas = createQuotas({ settings, debts, clock });
  const shared = createSharedPlaces({ stores, nodeId, log, now });
  const placesOfUsers = createPlaces({
    ...{ name: 'user', max: settings.CONNECTIONS_PER_USER },
    ...{ shared, clock },
  });
  const placesOfAddresses = createPlaces({
    ...{ name: 'address', max: settings.CONNECTIONS_PER_ADDRESS },
    ...{ shared, clock },
  });
  return {
    limits,
    quotas,
    loginLimits: createLoginLimits({
      wrongPasswords: createReservations({
        ...{ kind: 'failedLogin', rates: kinds.failedLogin, debts, clock },
        onRefusal: () => limits.countRefusal('failedLogin'),
      }),
      familiar: createFamiliarPlaces(stores),
      key: keys.signing.loginLimits,
      // The release before used the secret itself.
      earlierKeys: [settings.JWT_SECRET, ...keys.accepted.slice(1).map((one) => one.loginLimits)],
    }),
    gate: createConnectionGate({ limits, places: placesOfAddresses, addressOf, now }),
    placesOfUsers,
    placesOfAddresses,
    patience: createPatience({ rate: REFUSALS_OF_USER, mostMs: MUTE_MS, clock }),
    putOff: createPutOff(createPatience({ rate: REFUSALS_OF_ADDRESS, mostMs: PUT_OFF_MS, clock })),
    // A quarter of the pool: PostgreSQL's cores are for sends, acknowledgements and what connections are sent first.
    traffic: createTraffic({
      // As much as the limit of sends allows, each of the largest size.
      bytesPerSecond: settings.RATE_LIMIT_MESSAGES_PER_SECOND * MAX_FRAME_BYTES,
      burstBytes: settings.RATE_LIMIT_MESSAGES_PER_SECOND * MAX_FRAME_BYTES * SEND_BURST_SECONDS,
      ...{ waitMaxMs: MUTE_MS, now },
    }),
    lanes: createLanes({ places: Math.floor(settings.DATABASE_POOL_MAX / 4), now }),
    stop() {
      limits.stop();
      quotas.stop();
      placesOfUsers.stop();
      placesOfAddresses.stop();
    },
  };
}

const unlimited: Limiting = {
  limits: noLimits,
  quotas: noQuotas,
  loginLimits: noLoginLimits,
  gate: openGate,
  placesOfUsers: endlessPlaces,
  placesOfAddresses: endlessPlaces,
  patience: endlessPatience,
  putOff: () => Promise.resolve(),
  lanes: noLanes,
  traffic: endlessTraffic,
  stop: () => undefined,
};
