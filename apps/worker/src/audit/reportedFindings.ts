import { type Finding, keyOf } from './rules';

export interface ReportedFindings {
  /** Of what was found in the conversations looked at: what has not been reported since it came to be. */
  fresh(looked: Iterable<string>, findings: Finding[]): Finding[];
}

/** Beyond this the oldest are forgotten, and reported again. */
const REMEMBERED = 10_000;

/** A damage that stands is one finding, however often it is seen. */
export function createReported(): ReportedFindings {
  /** Keys of findings by conversation. */
  const reported = new Map<string, Set<string>>();
  return {
    fresh(looked, findings) {
      const unseen: Finding[] = [];
      for (const id of looked) {
        const here = findings.filter(({ conversationId }) => conversationId === id);
        const known = reported.get(id);
        unseen.push(...here.filter((finding) => !known?.has(keyOf(finding))));
        reported.delete(id);
        if (here.length > 0) reported.set(id, new Set(here.map(keyOf)));
      }
      for (const id of reported.keys()) {
        if (reported.size <= REMEMBERED) break;
        reported.delete(id);
      }
      return unseen;
    },
  };
}
