/** Seeds of stories that once failed, and the defect each one found. Never remove one. */
export const seeds: readonly (readonly [seed: number, found: string])[] = [
  [374660869, 'a removal whose COMMIT had no answer was not announced'],
  [703653409, 'a deletion whose COMMIT had no answer was not announced'],
  [1956723346, 'an answer that came after its time limit was dropped together with its entry'],
  [
    1490413502,
    'the event of a removal came after that of the next membership and removed newer entries',
  ],
  [
    389490770,
    'an acknowledgement without an answer from PostgreSQL was never retried, so a delivery stayed pending',
  ],
  [1447083150, 'changes made during an interrupted sync were on none of its pages'],
];
