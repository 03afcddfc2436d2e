import type { Attack } from './attack';
import { everyLimit } from './everyLimit';
import { packetAttacks } from './packets';
import { pollingAttacks } from './polling';
import { restAttacks } from './rest';
import { slowAttacks } from './slow';

/** In the order in which they are run. */
export const allAttacks: readonly Attack[] = [
  // What the machine is good for; the others are to be compared with it.
  { name: 'nobody-attacks', begin: () => undefined },
  everyLimit,
  ...packetAttacks,
  ...pollingAttacks,
  ...slowAttacks,
  ...restAttacks,
];
