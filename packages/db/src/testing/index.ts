export { createMigrator } from '../connection/connect';
export { sqlState } from '../connection/errors/storeErrors';
export { scheduledWakeups } from '../operations/deliveries';
