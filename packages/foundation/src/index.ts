// Clock, log, scheduling and concurrency: what every package shares. Nothing here knows of chat.
export { type Batcher, createBatcher } from './batcher';
export { type Clock, systemClock, type Timer } from './clock';
export { createLimiter } from './concurrencyLimit';
export { createGatherer, type Gatherer } from './gatherer';
export type { Log } from './log';
export { newId } from './newId';
export { createReleasers, type Releasers } from './releasers';
export { createScheduler, type Scheduler } from './scheduler';
export { endsWithin, withTimeout } from './timeout';
