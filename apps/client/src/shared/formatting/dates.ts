// Dates and times in the language of the browser.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayOfAnyYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const longDay = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const DAY_MS = 86_400_000;

/** `14:05` */
export const timeOfDay = (iso: string): string => clock.format(new Date(iso));

/** `21 Nov 2026, 14:05` */
export const dateAndTime = (iso: string): string => dateTime.format(new Date(iso));

/** A key for the local calendar day. */
export const dayOf = (iso: string): string => new Date(iso).toDateString();

/** For lists: the time today, the weekday within a week, otherwise the date. */
export function compactTime(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days < 1) return clock.format(date);
  if (days < 7) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayOfYear : dayOfAnyYear).format(date);
}

/** `Today`, `Yesterday`, `Saturday 21 November` */
export function dayLabel(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days < 2) return capitalized(relative.format(-days, 'day'));
  return (date.getFullYear() === now.getFullYear() ? longDay : dayOfAnyYear).format(date);
}

/** `last seen 5 minutes ago` */
export function lastSeenText(iso: string | null, now = new Date()): string {
  if (iso === null) return 'offline';
  const seconds = Math.max(0, (now.getTime() - new Date(iso).getTime()) / 1_000);
  if (seconds < 60) return 'last seen just now';
  if (seconds < 3_600) return `last seen ${relative.format(-Math.floor(seconds / 60), 'minute')}`;
  if (seconds < 86_400) return `last seen ${relative.format(-Math.floor(seconds / 3_600), 'hour')}`;
  return `last seen ${compactTime(iso, now)}`;
}

/** Counts calendar days, not spans of 24 hours. */
function daysBetween(then: Date, now: Date): number {
  const midnight = (date: Date): number =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.max(0, Math.round((midnight(now) - midnight(then)) / DAY_MS));
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
