// How moments are written, in the words of the browser's language.

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'short' });
const dayOfYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dayOfAnyYear = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const longDay = new Intl.DateTimeFormat(undefined, {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
});
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });

const DAY_MS = 86_400_000;

/** `14:05` */
export const clockTime = (iso: string): string => clock.format(new Date(iso));

/** `21 Nov 2026, 14:05` */
export const fullTime = (iso: string): string => moment.format(new Date(iso));

/** The calendar day here, to be compared. */
export const dayOf = (iso: string): string => new Date(iso).toDateString();

/** In a list: the time today, the weekday this week, then the date. */
export function briefTime(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days < 1) return clock.format(date);
  if (days < 7) return weekday.format(date);
  return (date.getFullYear() === now.getFullYear() ? dayOfYear : dayOfAnyYear).format(date);
}

/** Above the messages of a day: `today`, `yesterday`, `Saturday 21 November`. */
export function dayTitle(iso: string, now = new Date()): string {
  const date = new Date(iso);
  const days = daysBetween(date, now);
  if (days < 2) return capital(relative.format(-days, 'day'));
  return (date.getFullYear() === now.getFullYear() ? longDay : dayOfAnyYear).format(date);
}

/** `last seen 5 minutes ago` */
export function lastSeen(iso: string | null, now = new Date()): string {
  if (iso === null) return 'offline';
  const seconds = Math.max(0, (now.getTime() - new Date(iso).getTime()) / 1_000);
  if (seconds < 60) return 'last seen just now';
  if (seconds < 3_600) return `last seen ${relative.format(-Math.floor(seconds / 60), 'minute')}`;
  if (seconds < 86_400) return `last seen ${relative.format(-Math.floor(seconds / 3_600), 'hour')}`;
  return `last seen ${briefTime(iso, now)}`;
}

/** Calendar days, and not spans of 24 hours. */
function daysBetween(then: Date, now: Date): number {
  const midnight = (date: Date): number =>
    new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  return Math.max(0, Math.round((midnight(now) - midnight(then)) / DAY_MS));
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
