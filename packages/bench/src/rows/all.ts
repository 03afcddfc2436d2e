import type { Contest } from '../contest';
import { relay } from './relay';

/** In the order of the table. */
export const contests: readonly Contest[] = [relay];
