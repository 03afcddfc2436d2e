export { CLUSTER_SHARDS } from '../connections/shards';
