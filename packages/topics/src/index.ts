// Logs of events by topic: non-chat events that applications publish. Mercure topics and Pusher channels use them.
export { pruneTopicEvents } from './prune';
export { createTopicLog, type TopicLog } from './topicLog';
export type { NewTopicEvent, TopicBounds } from './publish/newEvents';
export type { Published } from './publish/publisher';
export type { Place, Start, Subscription } from './follow/subscription';
export type { TopicEvent, TopicGauges, TopicSink } from './ports';
