export { watchSpace } from './dataDirSpace';
export { type Environment, parseSettings, SettingsError } from './parseSettings';
export { parsePublicKey } from './values/publicKey';
export {
  type ClusterAddress,
  type ClusterNode,
  parseRedisAddress,
  type RedisAddress,
} from './values/redisAddress';
export { parseServerSettings, type Settings } from './serverSettings';
export { launcherSettings, LOG_LEVELS, serverSettings, workerSettings } from './settings';
