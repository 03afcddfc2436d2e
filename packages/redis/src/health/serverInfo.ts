/** Fields of a Redis server's INFO. */
export interface ServerInfo {
  /** Unique per server and restart; undefined when the server does not report it. */
  runId: string | undefined;
  /** A replica refuses writes, and messages published there reach no other server. */
  isReplica: boolean;
  version: string | undefined;
  isValkey: boolean;
  isClusterNode: boolean;
  /** 0 means no limit. */
  maxMemoryBytes: number;
  evictionPolicy: string | undefined;
}

export function parseServerInfo(text: string): ServerInfo {
  const fields = new Map<string, string>();
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  const valkeyVersion = fields.get('valkey_version');
  return {
    runId: fields.get('run_id'),
    isReplica: fields.get('role') === 'slave',
    version: valkeyVersion ?? fields.get('redis_version'),
    isValkey: valkeyVersion !== undefined,
    isClusterNode: fields.get('cluster_enabled') === '1' || fields.get('redis_mode') === 'cluster',
    maxMemoryBytes: Number(fields.get('maxmemory') ?? 0),
    evictionPolicy: fields.get('maxmemory_policy'),
  };
}

/** The oldest supported Redis. Every Valkey is newer. */
const OLDEST_REDIS = [6, 2] as const;

/** Why this server is not used, in one sentence; undefined when its version is supported or unknown. */
export function tooOld(info: ServerInfo): string | undefined {
  const [major = 0, minor = 0] = (info.version ?? '').split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_REDIS;
  const isOld = major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
  if (info.version === undefined || info.isValkey || !isOld) return undefined;
  return `Redis ${info.version} is not supported and not used: REDIS_URL must lead to Redis ${OLDEST_REDIS.join('.')} or later, or to Valkey`;
}

/**
 * Configuration problems of this server, one sentence each, for the operator's log. `asCluster` says whether
 * REDIS_URL names a cluster.
 */
export function complaintsAbout(info: ServerInfo, asCluster: boolean): string[] {
  const complaints: string[] = [];
  if (info.isClusterNode && !asCluster) {
    complaints.push(
      'REDIS_URL names one node of a Redis Cluster: write redis+cluster://host:port.',
    );
  }
  if (info.maxMemoryBytes > 0 && (info.evictionPolicy ?? 'noeviction') !== 'noeviction') {
    complaints.push(
      `Redis may evict jobs when it is full (maxmemory-policy ${info.evictionPolicy}): set maxmemory-policy noeviction.`,
    );
  }
  return complaints;
}
