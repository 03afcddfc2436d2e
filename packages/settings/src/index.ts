export { watchSpace } from './dataDirSpace';
export { type Environment, parseSettings, SettingsError } from './parseSettings';
export { parsePublicKey } from './publicKey';
export {
  type ClusterAddress,
  type ClusterNode,
  parseRedisAddress,
  type RedisAddress,
} from './redisAddress';
export { parseServerSettings, type Settings } from './serverSettings';
export { launcherSettings, LOG_LEVELS, serverSettings, workerSettings } from './settings';
