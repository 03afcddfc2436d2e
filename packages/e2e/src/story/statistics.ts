import type { Message } from '@chasqui/protocol';

/** Totals of a soak. Times in milliseconds. */
export interface Statistics {
  messages: number;
  actions: number;
  stories: number;
  /** How often each disruption occurred. */
  disruptions: Map<string, number>;
  /** Entries that a device received more than once. */
  redeliveries: number;
  /** From the commit to a live device, for messages sent while nothing was disrupted. */
  arrivals: number[];
  /** From the last repair to complete recovery. */
  recoveredAfterMs: number[];
}

export function newStatistics(): Statistics {
  return {
    ...{ messages: 0, actions: 0, stories: 0, redeliveries: 0 },
    ...{ disruptions: new Map<string, number>(), arrivals: [], recoveredAfterMs: [] },
  };
}

const MAX_ARRIVALS = 200_000;

/** Records an arrival; above the limit it replaces a random older one, so memory is bounded. */
export function recordArrival({ arrivals }: Statistics, message: Message): void {
  const took = Math.max(0, Date.now() - Date.parse(message.created_at));
  if (arrivals.length < MAX_ARRIVALS) arrivals.push(took);
  else arrivals[Math.floor(Math.random() * MAX_ARRIVALS)] = took;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
