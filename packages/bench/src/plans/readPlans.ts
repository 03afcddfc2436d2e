/** A statement with its plan, from the PostgreSQL log. */
export interface SeenPlan {
  readonly text: string;
  /** The plan with actual row and buffer counts, as EXPLAIN ANALYZE prints it. */
  readonly plan: string;
  readonly indexes: readonly string[];
  /** Tables read by sequential scans. */
  readonly scanned: readonly string[];
  /** Pages of the most expensive execution, read from disk or found in memory. */
  readonly pages: number;
  readonly times: number;
}

const ENTRY = /^\S+ \S+ \S+ \[\d+\] LOG: {2}duration: [\d.]+ ms {2}plan:\n((?:\t.*\n?)+)/gm;
const SEQ_SCAN = /Seq Scan on (\w+)/g;

/** Parses the output of auto_explain: the most expensive execution of each statement, in order of appearance. */
export function readPlans(log: string): SeenPlan[] {
  const seen = new Map<string, SeenPlan>();
  for (const [, entry = ''] of log.matchAll(ENTRY)) {
    const lines = entry.split('\n').map((line) => line.slice(1));
    const begin = lines.findIndex((line, i) => i > 0 && line.includes('(cost='));
    if (begin < 0) continue;
    const asked = lines.slice(0, begin).filter((line) => !line.startsWith('Query Parameters'));
    const text = dedented(asked).replace(/^Query Text: /, '');
    const plan = lines.slice(begin).join('\n').trimEnd();
    const pages = pagesOf(lines[begin + 1] ?? '') || pagesOf(plan);
    const before = seen.get(text);
    const times = (before?.times ?? 0) + 1;
    if (before !== undefined && before.pages >= pages) seen.set(text, { ...before, times });
    else
      seen.set(text, {
        ...{ text, plan, pages, times },
        indexes: unique(plan.matchAll(/Index (?:Only )?Scan (?:Backward )?using (\w+)/g)),
        scanned: unique(plan.matchAll(SEQ_SCAN)),
      });
  }
  return [...seen.values()];
}

function pagesOf(text: string): number {
  const found = /Buffers: shared (?:hit=(\d+))?(?: read=(\d+))?/.exec(text);
  return Number(found?.[1] ?? 0) + Number(found?.[2] ?? 0);
}

function unique(matches: Iterable<RegExpMatchArray>): string[] {
  return [...new Set([...matches].map(([, name = '']) => name))].sort();
}

function dedented(lines: readonly string[]): string {
  const [first = '', ...rest] = lines;
  const depth = Math.min(...rest.filter(Boolean).map((line) => line.search(/\S/)), 80);
  return [first, ...rest.map((line) => line.slice(depth))].join('\n').trim();
}
