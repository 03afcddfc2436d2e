import type { Entry } from './entry';

// The entries of one conversation, ascending by seq. Seqs have no gaps (D3): a missing number is an entry that has not
// been fetched.

/**
 * Merges entries from any source, in any order, any number of times. The higher version of an entry wins. Returns the same
 * array when nothing is new.
 */
export function mergeEntries(
  known: readonly Entry[],
  incoming: readonly Entry[],
): readonly Entry[] {
  const fresh = incoming.filter((entry) => isNews(known, entry));
  if (fresh.length === 0) return known;
  const [first] = fresh;
  const last = known.at(-1);
  // The common case: one entry at the end.
  if (fresh.length === 1 && first !== undefined && (last === undefined || first.seq > last.seq)) {
    return [...known, first];
  }
  const bySeq = new Map(known.map((entry) => [entry.seq, entry]));
  for (const entry of fresh) {
    const other = bySeq.get(entry.seq);
    if (other === undefined || entry.version >= other.version) bySeq.set(entry.seq, entry);
  }
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Applies a change to a known entry; ignores changes of others (D7). */
export function changeEntry(known: readonly Entry[], changed: Entry): readonly Entry[] {
  const at = placeOf(known, changed.seq);
  const before = known[at];
  if (before?.seq !== changed.seq || before.version >= changed.version) return known;
  return known.with(at, changed);
}

/** Removes entries from before the user's current membership (D9). */
export function forgetBefore(known: readonly Entry[], joinedSeq: number): readonly Entry[] {
  const [first] = known;
  return first === undefined || first.seq >= joinedSeq
    ? known
    : known.slice(placeOf(known, joinedSeq));
}

/** Returns the gapless run that ends with the newest known entry: the content of a chat window. */
export function newestRun(known: readonly Entry[]): readonly Entry[] {
  let start = known.length - 1;
  while (start > 0 && known[start - 1]?.seq === (known[start]?.seq ?? 0) - 1) start -= 1;
  return start <= 0 ? known : known.slice(start);
}

/** Returns the gap before the newest run, as the known seqs at both ends. */
export function newestGap(known: readonly Entry[]): { after: number; before: number } | undefined {
  const run = newestRun(known);
  const before = run[0]?.seq;
  const after = known[known.length - run.length - 1]?.seq;
  return before === undefined || after === undefined ? undefined : { after, before };
}

export function entryAt(known: readonly Entry[], seq: number): Entry | undefined {
  const entry = known[placeOf(known, seq)];
  return entry?.seq === seq ? entry : undefined;
}

function isNews(known: readonly Entry[], entry: Entry): boolean {
  const last = known.at(-1);
  if (last === undefined || entry.seq > last.seq) return true;
  const same = entryAt(known, entry.seq);
  return same === undefined || entry.version > same.version;
}

/** Returns the index of `seq`, or where it would be inserted. */
function placeOf(known: readonly Entry[], seq: number): number {
  let [low, high] = [0, known.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((known[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
