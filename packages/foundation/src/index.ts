export { type Clock, systemClock, type Timer } from './clock';
export { createLimiter } from './concurrencyLimit';
export type { Log } from './log';
export { createReleasers } from './releasers';
export { createTimetable } from './scheduler';
