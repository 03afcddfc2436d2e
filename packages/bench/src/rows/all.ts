import type { Contest } from '../contest';
import { broadcast } from './broadcast';
import { latency } from './latency';
import { relay } from './relay';

/** In the order of the table. */
export const contests: readonly Contest[] = [relay, latency, broadcast];
