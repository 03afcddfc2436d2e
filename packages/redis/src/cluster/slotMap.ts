import Redis from 'ioredis';
import type { ClusterAddress, ClusterNode } from '@chasqui/settings';

/** Which cluster node serves which slot, read again for each new connection. */
export interface SlotMap {
  /**
   * Returns the node that serves the slot. While that is unknown, returns any node: it refuses, and the connection
   * asks again. Never rejects; takes half a second at most.
   */
  ownerOf(slot: number): Promise<ClusterNode>;
  /** Cancels pending requests. */
  close(): void;
}

interface Range {
  from: number;
  to: number;
  owner: ClusterNode;
}

const ANSWER_WITHIN_MS = 400;
/** Connections that are lost together share an answer of this age. */
const FRESH_MS = 100;

export function createSlotMap(cluster: ClusterAddress): SlotMap {
  const asking = new Set<Redis>();
  let ranges: Range[] = [];
  let reading: Promise<void> | undefined;
  let readAt = -Infinity;
  let turn = 0;

  const knownNodes = (): ClusterNode[] => {
    const nodes = [...ranges.map(({ owner }) => owner), ...cluster.nodes];
    return [...new Map(nodes.map((node) => [`${node.host} ${node.port}`, node])).values()];
  };

  async function ask(node: ClusterNode): Promise<Range[]> {
    const redis = new Redis({
      ...node,
      username: cluster.username,
      password: cluster.password,
      tls: cluster.tls ? {} : undefined,
      connectionName: 'chasqui-slots',
      disableClientInfo: true,
      lazyConnect: true,
      enableReadyCheck: false,
      retryStrategy: null,
      connectTimeout: ANSWER_WITHIN_MS,
      commandTimeout: ANSWER_WITHIN_MS,
      disconnectTimeout: 50,
    });
    redis.on('error', () => undefined);
    asking.add(redis);
    try {
      return parseRanges(await redis.cluster('SLOTS'), node.host);
    } finally {
      asking.delete(redis);
      redis.disconnect();
    }
  }

  // Asks all nodes and takes the first answer, so a frozen or unreachable node delays nothing. MOVED corrects
  // outdated answers.
  const read = async (): Promise<void> => {
    try {
      ranges = await Promise.any(knownNodes().map(ask));
      readAt = performance.now();
    } catch {
      // Keep the last known ranges.
    }
  };

  return {
    async ownerOf(slot) {
      if (performance.now() - readAt > FRESH_MS) {
        reading ??= read().finally(() => (reading = undefined));
        await reading;
      }
      const range = ranges.find(({ from, to }) => from <= slot && slot <= to);
      if (range !== undefined) return range.owner;
      const nodes = knownNodes();
      const any = nodes[turn++ % nodes.length];
      if (any === undefined) throw new Error('the cluster has no nodes');
      return any;
    },
    close() {
      for (const redis of asking) redis.disconnect();
    },
  };
}

/** @throws when the node reports no slots, for example because it never joined a cluster. */
function parseRanges(answer: unknown, askedHost: string): Range[] {
  const ranges: Range[] = [];
  for (const item of listed(answer)) {
    const [from, to, owner] = listed(item);
    const [host, port] = listed(owner);
    // '?' is a node without a name of its own; an empty name means the node that was asked.
    if (port === undefined || host === '?') continue;
    ranges.push({
      from: Number(from),
      to: Number(to),
      owner: {
        host: typeof host === 'string' && host !== '' ? host : askedHost,
        port: Number(port),
      },
    });
  }
  if (ranges.length === 0) throw new Error('the node knows no slots');
  return ranges;
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
