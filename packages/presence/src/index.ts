export { createLatestOnly } from './latestOnly';
export { createPresence } from './presence';
export type { PresenceTracker } from './presenceTracker';
export { createPresenceNotifier } from './presenceNotifier';
