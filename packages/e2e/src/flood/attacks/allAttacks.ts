import type { Attack } from './attack';
import { everyLimit } from './everyLimit';
import { packetAttacks } from './packets';
import { pollingAttacks } from './polling';
import { restAttacks } from './rest';
import { slowAttacks } from './slow';

/** In the order in which they run. */
export const allAttacks: readonly Attack[] = [
  // The baseline of this machine for the others.
  { name: 'no-attack', begin: () => undefined },
  everyLimit,
  ...packetAttacks,
  ...pollingAttacks,
  ...slowAttacks,
  ...restAttacks,
];
