import { percentile } from '../story/statistics';
import type { Outcomes } from './attackOrder';

/** Delivery times of other people's messages, from send to arrival, in milliseconds. */
export interface Latency {
  arrived: number;
  p50: number;
  p99: number;
  worst: number;
}

export interface AttackReport {
  name: string;
  chats: Latency;
  outcomes: Outcomes;
  /** Peak resident memory of a node during the attack, in bytes. */
  residentMax: number;
  /** Cores used by the busier node; more meaningful than latency on a shared machine. */
  cpu: number;
}

/** Results of a flood. Memory in bytes. */
export interface FloodReport {
  seconds: number;
  chats: Latency;
  attacks: AttackReport[];
  /** Per node, after a garbage collection. */
  memory: { before: Memory[]; after: Memory[] };
  /** On both nodes after everybody disconnected: open connections, and descriptors added since the start. */
  left: { connections: number; descriptors: number };
  /** Violations as text. */
  violations: string[];
}

export interface Memory {
  heap: number;
  resident: number;
}

export const MIB = 1024 * 1024;

export function latencyOf(arrivals: readonly number[]): Latency {
  return {
    arrived: arrivals.length,
    p50: percentile(arrivals, 0.5),
    p99: percentile(arrivals, 0.99),
    worst: percentile(arrivals, 1),
  };
}

export function formatAttack({ name, chats, outcomes, residentMax, cpu }: AttackReport): string {
  const counts = Object.entries(outcomes).map(
    ([kind, { accepted, refused, other }]) => `${kind} ${accepted}/${refused}/${other}`,
  );
  return (
    `  ${name}: p50 ${chats.p50.toFixed(0)} ms, p99 ${chats.p99.toFixed(0)} ms, worst ` +
    `${chats.worst.toFixed(0)} ms, up to ${Math.round(residentMax / MIB)} MiB, ` +
    `${Math.round(cpu * 100)} % of a core; ${counts.join(', ')}`
  );
}
