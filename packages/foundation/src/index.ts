// Clock, log, scheduling and concurrency: what every package shares. Nothing here knows of chat.
export { type Batcher, createBatcher } from './batching/batcher';
export { type Clock, systemClock, type Timer } from './timing/clock';
export { createLimiter } from './batching/concurrencyLimit';
export { createGatherer, type Gatherer } from './batching/gatherer';
export type { Log } from './log';
export { newId } from './newId';
export { createReleasers, type Releasers } from './releasers';
export { createScheduler, type PeriodicTask, type Scheduler } from './timing/scheduler';
export { endsWithin, withTimeout } from './timing/timeout';
