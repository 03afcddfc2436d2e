/** Address of Redis: one server, or some nodes of a cluster, which name the others. */
export type RedisAddress = { cluster: null; url: string } | { cluster: ClusterAddress };

export interface ClusterAddress {
  nodes: ClusterNode[];
  username: string | undefined;
  password: string | undefined;
  tls: boolean;
}

export interface ClusterNode {
  host: string;
  port: number;
}

export const REDIS_ADDRESS_FORMAT =
  'redis://host:port, for a cluster several of them separated by commas';

const CLUSTER_SUFFIX = '+cluster:';
const PROTOCOLS = ['redis:', 'rediss:'];
const DEFAULT_PORT = 6_379;

/**
 * One address means a single Redis. Several addresses, separated by commas, mean a cluster, and so does the scheme
 * `redis+cluster` or `rediss+cluster`. All nodes share scheme, user and password, which may be given in the first
 * address only. Throws an Error without the text, which may contain a password.
 */
export function parseRedisAddress(text: string): RedisAddress {
  const urls = text.split(',').map((part) => parseUrl(part.trim()));
  const [first] = urls;
  if (first === undefined) throw malformed();
  const isCluster = urls.length > 1 || first.protocol.endsWith(CLUSTER_SUFFIX);
  if (!isCluster) return { cluster: null, url: text.trim() };
  for (const url of urls) {
    const isAlike =
      url.protocol === first.protocol &&
      (url.username === '' || url.username === first.username) &&
      (url.password === '' || url.password === first.password);
    // A cluster has only database 0.
    if (!isAlike || !['', '/', '/0'].includes(url.pathname) || url.search !== '') throw malformed();
  }
  return {
    cluster: {
      nodes: urls.map(({ hostname, port }) => ({
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port: port === '' ? DEFAULT_PORT : Number(port),
      })),
      username: decode(first.username),
      password: decode(first.password),
      tls: first.protocol.startsWith('rediss'),
    },
  };
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || url.hostname === '') throw malformed();
  if (!PROTOCOLS.includes(url.protocol.replace(CLUSTER_SUFFIX, ':'))) throw malformed();
  return url;
}

function decode(text: string): string | undefined {
  return text === '' ? undefined : decodeURIComponent(text);
}

function malformed(): Error {
  return new Error(`expected ${REDIS_ADDRESS_FORMAT}`);
}
