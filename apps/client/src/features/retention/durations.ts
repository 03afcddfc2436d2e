const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** What people choose from; whoever needs another number sets it over REST. */
export const durations: readonly { seconds: number; words: string }[] = [
  { seconds: HOUR_S, words: '1 hour' },
  { seconds: DAY_S, words: '1 day' },
  { seconds: 7 * DAY_S, words: '1 week' },
  { seconds: 30 * DAY_S, words: '30 days' },
];

/** `1 week`, `90 minutes`: in the largest unit in which it is a whole number. */
export function durationWords(seconds: number): string {
  const known = durations.find((one) => one.seconds === seconds);
  if (known !== undefined) return known.words;
  for (const [unit, size] of [
    ['day', DAY_S],
    ['hour', HOUR_S],
    ['minute', 60],
  ] as const) {
    if (seconds % size === 0) return `${seconds / size} ${unit}${seconds === size ? '' : 's'}`;
  }
  return `${seconds} seconds`;
}
