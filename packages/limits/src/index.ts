export {
  createConnectionQuota,
  unlimitedConnections,
  type ConnectionQuota,
} from './access/connectionQuota';
export { createDelayReject, type DelayReject } from './access/delayReject';
export { createKnownAddresses } from './access/knownAddresses';
export { createLoginLimits, type LoginLimits, noLoginLimits } from './access/loginLimits';
export { createRejectBackoff, noRejectBackoff, type RejectBackoff } from './access/rejectBackoff';
export { actionOfEndpoint, actionOfCommand } from './actionOf';
export { type Action, actionRates, laneOf, SEND_BURST_SECONDS } from './actions';
export { createLanes, type Lanes, noLanes } from './lanes';
export { createLimits, type Limits, noLimits, refuseIf } from './limits';
export { createBuckets } from './local/buckets';
export type { ByteAccount, ByteBudget } from './local/byteBudget';
export { createByteBudgets } from './local/byteBudgets';
export { createExportSlots, type ExportSlots } from './local/exportSlots';
export { createFairQueue, type Requester } from './local/fairQueue';
export { createReservations } from './local/reservations';
export { createTokenBucket } from './local/tokenBucket';
export { createQuotas, noQuotas, type Quotas } from './quotas';
export { createSharedDeficits } from './shared/sharedDeficits';
export { createSharedConnectionCounts } from './shared/sharedConnectionCounts';
export { createTrafficShaper, unlimitedTraffic, type TrafficShaper } from './trafficShaper';
