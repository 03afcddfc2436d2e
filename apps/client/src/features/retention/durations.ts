const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** The choices in the interface. Other values can be set over REST. */
export const durations: readonly { seconds: number; text: string }[] = [
  { seconds: HOUR_S, text: '1 hour' },
  { seconds: DAY_S, text: '1 day' },
  { seconds: 7 * DAY_S, text: '1 week' },
  { seconds: 30 * DAY_S, text: '30 days' },
];

/** Formats a duration in the largest unit that divides it: `1 week`, `90 minutes`. */
export function durationText(seconds: number): string {
  const known = durations.find((one) => one.seconds === seconds);
  if (known !== undefined) return known.text;
  for (const [unit, size] of [
    ['day', DAY_S],
    ['hour', HOUR_S],
    ['minute', 60],
  ] as const) {
    if (seconds % size === 0) return `${seconds / size} ${unit}${seconds === size ? '' : 's'}`;
  }
  return `${seconds} seconds`;
}
