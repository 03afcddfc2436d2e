import type { TopicEvent } from './ports';

/** What an event needs besides its texts: its fields and its entry in a map. */
const FIXED_BYTES = 256;

/** About how many bytes an event takes in memory. */
export function eventSize(event: Omit<TopicEvent, 'seq' | 'at'>): number {
  const names = event.topics.reduce((sum, topic) => sum + topic.length, 0);
  return FIXED_BYTES + event.data.length + event.id.length + names;
}
