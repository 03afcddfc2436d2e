import { advanceWatermarks } from './advanceWatermarks';
import { applyRetentionToHistory } from './retention/applyRetentionToHistory';
import { appendMessages } from './appendMessages';
import { beginSync } from './beginSync';
import { closeChanges } from './closeChanges';
import { expiredAt } from './retention/expiredAt';
import { expireMessages } from './retention/expireMessages';
import { makeTombstones } from './retention/makeTombstones';
import { openDevice } from './openDevice';
import { pruneChanges } from './pruneChanges';
import { publishTopicEvents } from './publishTopicEvents';
import { purgeDelivery } from './purgeDelivery';
import { settlePending } from './settlePending';

/** All functions inside PostgreSQL, in an order in which they can be created. */
export const functions: readonly string[] = [
  appendMessages,
  advanceWatermarks,
  settlePending,
  closeChanges,
  pruneChanges,
  beginSync,
  openDevice,
  purgeDelivery,
  makeTombstones,
  expireMessages,
  applyRetentionToHistory,
  expiredAt,
  publishTopicEvents,
];
