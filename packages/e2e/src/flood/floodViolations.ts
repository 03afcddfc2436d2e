import { everyLimit, SENDERS } from './attacks/everyLimit';
import { type FloodReport, MIB } from './floodReport';
import { HEAP_MAX } from './nodeMetrics';

/** The C allocator returns pages to the system late. */
const RESIDENT_MAX = 200 * MIB;
/** Connection pools may have grown. */
const DESCRIPTORS_MAX = 60;
/** The attacker program runs slightly longer than the given time. */
const LATE = 1.2;
/** Socket commands only: REST requests wait for answers, so their rate depends on the machine. */
const KINDS = ['send', 'typing', 'sync', 'unknown', 'presence'];

/** The violations of a flood as text. */
export function floodViolations(
  report: Omit<FloodReport, 'violations'>,
  p99MaxMs: number,
): string[] {
  const { chats, attacks, memory, left } = report;
  const violations: string[] = [];
  if (!(chats.p99 < p99MaxMs)) violations.push(`p99 of the chats is ${chats.p99.toFixed(0)} ms`);
  if (chats.arrived === 0) violations.push('no chat message arrived');
  violations.push(...limitViolations(report));
  memory.after.forEach(({ heap, resident }, i) => {
    const was = memory.before[i];
    const grown = heap - (was?.heap ?? 0);
    const taken = resident - (was?.resident ?? 0);
    if (grown > HEAP_MAX)
      violations.push(`the heap of node ${i} kept ${Math.round(grown / MIB)} MiB`);
    if (taken > RESIDENT_MAX) violations.push(`node ${i} kept ${Math.round(taken / MIB)} MiB`);
  });
  if (left.connections > 0) violations.push(`${left.connections} connections remain open`);
  if (left.descriptors > DESCRIPTORS_MAX) {
    violations.push(`${left.descriptors} descriptors remain open`);
  }
  if (attacks.length === 0) violations.push('no attack ran');
  return violations;
}

/** Checks the attack on every limit against the table of limits. */
function limitViolations({ attacks, seconds }: Pick<FloodReport, 'attacks' | 'seconds'>): string[] {
  const outcomes = attacks.find(({ name }) => name === everyLimit.name)?.outcomes;
  if (outcomes === undefined) return [];
  const violations = KINDS.filter((kind) => (outcomes[kind]?.refused ?? 0) === 0).map(
    (kind) => `no ${kind} was refused`,
  );
  // The rate of one user over all nodes, plus what each of two nodes may grant before they synchronize.
  const most = SENDERS * (20 * (seconds / attacks.length) * LATE + 2 * 200);
  const sends = outcomes.send?.accepted ?? 0;
  if (sends > most) violations.push(`${sends} sends were accepted, but the limits allow ${most}`);
  return violations;
}
