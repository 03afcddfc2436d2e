import type { Entry } from '../entry';

// The entries of one conversation, ascending by seq. Seqs have no gaps (D3): where a number is missing, something has
// not been fetched yet.

/**
 * Takes in entries from any door, in any order, any number of times. Of two states of one entry the higher version
 * wins. Returns the same array when nothing is new.
 */
export function mergeEntries(
  known: readonly Entry[],
  incoming: readonly Entry[],
): readonly Entry[] {
  const fresh = incoming.filter((entry) => isNews(known, entry));
  if (fresh.length === 0) return known;
  const [first] = fresh;
  const last = known.at(-1);
  // The usual case: the next one.
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

/** Takes in a change of an entry that is known; of others nothing is shown that could change (D7). */
export function changeEntry(known: readonly Entry[], changed: Entry): readonly Entry[] {
  const at = placeOf(known, changed.seq);
  const before = known[at];
  if (before?.seq !== changed.seq || before.version >= changed.version) return known;
  return known.with(at, changed);
}

/** Without what lies before a membership that began anew (D9). */
export function forgetBefore(known: readonly Entry[], joinedSeq: number): readonly Entry[] {
  const [first] = known;
  return first === undefined || first.seq >= joinedSeq
    ? known
    : known.slice(placeOf(known, joinedSeq));
}

/** The entries without a gap that end with the newest known: what a chat window shows. */
export function newestRun(known: readonly Entry[]): readonly Entry[] {
  let start = known.length - 1;
  while (start > 0 && known[start - 1]?.seq === (known[start]?.seq ?? 0) - 1) start -= 1;
  return start <= 0 ? known : known.slice(start);
}

/** The gap before the newest run: both ends are known, what is between them is not. */
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

/** Where this seq is, or would be. */
function placeOf(known: readonly Entry[], seq: number): number {
  let [low, high] = [0, known.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((known[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}
