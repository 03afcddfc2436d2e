import Redis from 'ioredis';
import type { ClusterAddress, ClusterNode } from '@pern/settings/redisAddress';

/** Which node of a cluster serves which slot, read anew whenever somebody connects. */
export interface SlotMap {
  /**
   * The node that serves the slot; while nobody says so, any node: it will refuse, and one asks
   * again. Never rejects; takes half a second at most.
   */
  ownerOf(slot: number): Promise<ClusterNode>;
  /** Ends the questions that are open. */
  close(): void;
}

interface Range {
  from: number;
  to: number;
  owner: ClusterNode;
}

const ANSWER_WITHIN_MS = 400;
/** Many connections are lost at once; they share an answer that is so young. */
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

  // All are asked, and the first who knows is believed: one who is frozen or cut off holds up nobody.
  // A belief that is out of date is corrected by MOVED.
  const read = async (): Promise<void> => {
    try {
      ranges = await Promise.any(knownNodes().map(ask));
      readAt = performance.now();
    } catch {
      // What was known last is as good as anything.
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
      if (any === undefined) throw new Error('a cluster without nodes');
      return any;
    },
    close() {
      for (const redis of asking) redis.disconnect();
    },
  };
}

/** @throws when the node knows of no slots, as one that was never part of a cluster. */
function parseRanges(answer: unknown, askedHost: string): Range[] {
  const ranges: Range[] = [];
  for (const item of listed(answer)) {
    const [from, to, owner] = listed(item);
    const [host, port] = listed(owner);
    // '?' is a node that does not know its own name; without a name it is the one that was asked.
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
  if (ranges.length === 0) throw new Error('the node knows of no slots');
  return ranges;
}

function listed(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
