import type { Contest } from '../contest';
import { accessTokens } from './accessTokens';
import { broadcast } from './broadcast';
import { hotGroup } from './hotGroup';
import { idleMemory } from './idleMemory';
import { latency } from './latency';
import { longHistory } from './longHistory';
import { manyConversations } from './manyConversations';
import { offline } from './offline';
import { queueMemory } from './queueMemory';
import { relay } from './relay';
import { twoNodes } from './twoNodes';

/** All rows, in the order of the table. */
export const contests: readonly Contest[] = [
  ...[relay, latency, hotGroup, offline, broadcast, idleMemory, manyConversations, longHistory],
  ...[queueMemory, accessTokens, twoNodes],
];
