import { systemClock, type createReleasers, type Log } from '@chasqui/foundation';
import type { RedisConnections } from '@chasqui/redis';
import type { Settings } from '@chasqui/settings';
import type { TopicLog } from '@chasqui/topics';
import type { Topics } from '../../../openTopics';
import {
  type ActiveSubscriptions,
  createActiveSubscriptions,
} from '../subscriptions/activeSubscriptions';
import { createSharedSubscriptions } from '../subscriptions/sharedSubscriptions';
import { type HubKeys, hubKeysOf } from './hubKeys';

/** What applications publish and subscribe with. */
export interface UpdateHub {
  keys: HubKeys;
  log: TopicLog;
  /** Whether subscribers without a token receive public updates. */
  isAnonymousAllowed: boolean;
  /** Undefined unless subscriptions are announced. */
  active: ActiveSubscriptions | undefined;
}

interface Deps {
  settings: Settings;
  topics: Topics;
  redis: RedisConnections;
  nodeId: string;
  log: Log;
  releasers: ReturnType<typeof createReleasers>;
}

/** Updates of applications, off unless a key is configured. */
export function openUpdateHub(deps: Deps): UpdateHub | undefined {
  const { settings, topics, redis, nodeId, log, releasers } = deps;
  const keys = hubKeysOf(settings);
  if (keys === undefined) return undefined;
  const updates = topics.open('mercure');
  const hub = { keys, log: updates, isAnonymousAllowed: settings.MERCURE_ANONYMOUS };
  if (!settings.MERCURE_SUBSCRIPTIONS) return { ...hub, active: undefined };
  const shared = createSharedSubscriptions(redis, nodeId);
  const active = createActiveSubscriptions({ shared, updates, clock: systemClock, log });
  releasers.push('active subscriptions', () => active.stop(), 500);
  return { ...hub, active };
}
