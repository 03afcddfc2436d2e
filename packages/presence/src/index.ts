export { createLatestOnly } from './latestOnly';
export { createPresence } from './presence';
export type { PresenceKeeper } from './presenceKeeper';
export { createPresenceNews } from './presenceNews';
