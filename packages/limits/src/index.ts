// Limits: rate limits and daily quotas over all nodes, login and connection limits, and bounds on
// concurrency and memory of one node.

// Rate-limited actions
export { actionOfCommand, actionOfEndpoint } from './actionOf';
export { type Action, actionRates, bulkheadOf, SEND_BURST_SECONDS } from './actions';
export { createLimits, type Limits, noLimits, refuseIf } from './limits';
export { createQuotas, noQuotas, type Quotas } from './quotas';
export { createTrafficShaper, type TrafficShaper, unlimitedTraffic } from './clients/trafficShaper';

// Logins, connections, rejections
export {
  type ConnectionQuota,
  createConnectionQuota,
  unlimitedConnections,
} from './clients/connectionQuota';
export { createDelayReject, type DelayReject } from './clients/delayReject';
export { createKnownAddresses } from './login/knownAddresses';
export { createLoginLimits, type LoginLimits, noLoginLimits } from './login/loginLimits';
export { createRejectBackoff, noRejectBackoff, type RejectBackoff } from './clients/rejectBackoff';

// State shared by all nodes through Redis
export { createSharedConnectionCounts } from './shared/sharedConnectionCounts';
export { createSharedDeficits } from './shared/sharedDeficits';

// Concurrency and memory of one node
export { createBuckets } from './local/buckets';
export type { ByteAccount, ByteBudget } from './local/byteBudget';
export { createByteBudgets } from './local/byteBudgets';
export { createExportSlots, type ExportSlots } from './local/exportSlots';
export { createFairQueue, type Requester } from './local/fairQueue';
export { createBulkheads, type Bulkheads, noBulkheads } from './bulkheads';
export { createReservations } from './login/reservations';
export { createTokenBucket } from './local/tokenBucket';
