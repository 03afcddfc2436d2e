import { type Finding, keyOf } from './rules';

export interface ReportedFindings {
  /** Returns the findings of the checked conversations that have not been reported yet. */
  unreported(checked: Iterable<string>, findings: Finding[]): Finding[];
}

/** When full, the oldest conversations are forgotten, and their findings are reported again. */
const REMEMBERED = 10_000;

/** Reports a persistent inconsistency once, however often it is seen. */
export function createReported(): ReportedFindings {
  /** Keys of findings by conversation. */
  const reported = new Map<string, Set<string>>();
  return {
    unreported(checked, findings) {
      const unseen: Finding[] = [];
      for (const id of checked) {
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
