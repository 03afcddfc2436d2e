/**
 * A part of the keys in Redis that lives on one master. Its tag prefixes the keys, so that a cluster puts them into
 * one slot. A single Redis has one shard without a tag.
 */
export interface Shard {
  readonly tag: string;
  readonly slot: number;
}

export const SINGLE_SHARD: Shard = { tag: '', slot: 0 };

/**
 * Spread evenly over the slots of a cluster: three masters have two each, six have one. All nodes must agree.
 */
export const CLUSTER_SHARDS: readonly Shard[] = [
  { tag: '{s21}', slot: 1_245 },
  { tag: '{s19}', slot: 4_230 },
  { tag: '{s3}', slot: 6_970 },
  { tag: '{s23}', slot: 9_375 },
  { tag: '{s49}', slot: 12_147 },
  { tag: '{s9}', slot: 14_960 },
];

/** Shard of the queue. A queue needs one slot, because its scripts access many keys at once. */
export const CLUSTER_QUEUE: Shard = { tag: '{bull}', slot: 9_263 };

/** Chooses a shard for a key: the same on every node, in every release. */
export function chooseFor<T>(key: string, shards: readonly T[]): T {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  // Mix in the high bits: FNV's low bits are weak.
  const chosen = shards[((hash >>> 16) ^ (hash & 0xffff)) % shards.length];
  if (chosen === undefined) throw new Error('no shards');
  return chosen;
}
