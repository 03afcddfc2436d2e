/**
 * A part of what is kept in Redis that lies on one master. Its tag stands before its keys, so that a
 * cluster puts all of them into one slot; on a single Redis there is one shard, without a tag.
 */
export interface Shard {
  readonly tag: string;
  readonly slot: number;
}

export const WHOLE: Shard = { tag: '', slot: 0 };

/** Evenly over the slots of a cluster, so that three masters have two each and six have one. All nodes must agree. */
export const CLUSTER_SHARDS: readonly Shard[] = [
  { tag: '{s21}', slot: 1_245 },
  { tag: '{s19}', slot: 4_230 },
  { tag: '{s3}', slot: 6_970 },
  { tag: '{s23}', slot: 9_375 },
  { tag: '{s49}', slot: 12_147 },
  { tag: '{s9}', slot: 14_960 },
];

/** Where the queue is: one queue is one slot, for its scripts touch many keys at once. */
export const CLUSTER_QUEUE: Shard = { tag: '{bull}', slot: 9_263 };

/** The same one of them for the same key, on every node and for ever. */
export function chooseFor<T>(key: string, shards: readonly T[]): T {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  // FNV's low bits are its weak ones.
  const chosen = shards[((hash >>> 16) ^ (hash & 0xffff)) % shards.length];
  if (chosen === undefined) throw new Error('there is no shard');
  return chosen;
}
