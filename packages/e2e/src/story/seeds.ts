/** Seeds of stories that once ended badly, and what they had found. None may ever leave this list. */
export const seeds: readonly (readonly [seed: number, found: string])[] = [
  [374660869, 'a removal whose COMMIT had no answer was announced by nobody'],
  [703653409, 'a deletion whose COMMIT had no answer was announced by nobody'],
  [1956723346, 'an answer too late for its command was dropped, and its entry with it'],
  [
    1490413502,
    'news of a removal came after those of the next membership, and took what was sent since',
  ],
  [
    389490770,
    'an acknowledgement that PostgreSQL did not answer was never made good, and somebody waited on',
  ],
  [1447083150, 'what changed behind an interrupted sync was told by no page of it'],
];
