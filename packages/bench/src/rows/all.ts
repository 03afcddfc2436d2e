import type { Contest } from '../contest';
import { broadcast } from './broadcast';
import { hotGroup } from './hotGroup';
import { latency } from './latency';
import { offline } from './offline';
import { relay } from './relay';

/** In the order of the table. */
export const contests: readonly Contest[] = [relay, latency, hotGroup, offline, broadcast];
