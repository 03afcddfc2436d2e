import type { Settings } from '@chasqui/settings';
import type { TopicLog } from '@chasqui/topics';
import type { Topics } from '../../../openTopics';
import { type HubKeys, hubKeysOf } from './hubKeys';

/** What applications publish and subscribe with. */
export interface UpdateHub {
  keys: HubKeys;
  log: TopicLog;
  /** Whether subscribers without a token receive public updates. */
  isAnonymousAllowed: boolean;
}

/** Updates of applications, off unless a key is configured. */
export function openUpdateHub(settings: Settings, topics: Topics): UpdateHub | undefined {
  const keys = hubKeysOf(settings);
  if (keys === undefined) return undefined;
  return { keys, log: topics.open('mercure'), isAnonymousAllowed: settings.MERCURE_ANONYMOUS };
}
