export { createMigrator } from '../connection/connect';
export { sqlState } from '../connection/storeErrors';
export { scheduledWakeups } from '../queries/deliveries';
