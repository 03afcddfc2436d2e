import type { Message } from '@chasqui/protocol';

/** What a soak can tell at the end. Times in milliseconds. */
export interface Figures {
  messages: number;
  deeds: number;
  stories: number;
  /** How often each mishap struck. */
  mishaps: Map<string, number>;
  /** Frames of messages that a device was sent again. */
  redeliveries: number;
  /** From the commit to a live device, of messages that no mishap was near. */
  arrivals: number[];
  /** From the last mending to everything whole. */
  wholeAfter: number[];
}

export function newFigures(): Figures {
  return {
    ...{ messages: 0, deeds: 0, stories: 0, redeliveries: 0 },
    ...{ mishaps: new Map<string, number>(), arrivals: [], wholeAfter: [] },
  };
}

const MOST_ARRIVALS = 200_000;

/** Counts an arrival; beyond so many a new one takes the place of an older one, so that memory is bounded. */
export function noteArrival({ arrivals }: Figures, message: Message): void {
  const took = Math.max(0, Date.now() - Date.parse(message.created_at));
  if (arrivals.length < MOST_ARRIVALS) arrivals.push(took);
  else arrivals[Math.floor(Math.random() * MOST_ARRIVALS)] = took;
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
