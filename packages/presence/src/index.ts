// Presence: who is online over all devices and nodes, and who is notified of changes.
export { createLatestOnly } from './latestOnly';
export { createPresence } from './presence';
export { createPresenceNotifier } from './presenceNotifier';
export type { PresenceTracker } from './presenceTracker';
