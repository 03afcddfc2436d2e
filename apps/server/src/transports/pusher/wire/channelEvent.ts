import { isEventOf, type ServerEvent, type ServerEventName } from '@chasqui/protocol';
import { textFrame } from './textFrame';

/** An event for subscribers, encoded once per channel name, however many connections it goes to. */
export interface ChannelEvent {
  readonly name: string;
  frameFor(channel: string): Buffer;
}

/** `data` is the text that subscribers receive, usually JSON. `userId` is the sender of a client event, for presence channels. */
export function createChannelEvent(name: string, data: string, userId?: string): ChannelEvent {
  const frames = new Map<string, Buffer>();
  let encoded: string | undefined;
  return {
    name,
    frameFor(channel) {
      const known = frames.get(channel);
      if (known !== undefined) return known;
      encoded ??= JSON.stringify(data);
      const isSenderShown = userId !== undefined && channel.startsWith('presence-');
      const sender = isSenderShown ? `,"user_id":${JSON.stringify(userId)}` : '';
      const head = `{"event":${JSON.stringify(name)},"channel":${JSON.stringify(channel)}`;
      const frame = textFrame(`${head},"data":${encoded}${sender}}`);
      frames.set(channel, frame);
      return frame;
    },
  };
}

/** What subscribers call an event of the core; null if they do not receive it. */
const wireNames: Readonly<Record<ServerEventName, string | null>> = {
  'session:ready': null,
  'chat:message_received': 'new-message',
  // The core sends it only over transports that ask for batches.
  'chat:messages_received': null,
  // Sent once per connection, before any channel is subscribed.
  'chat:queue_empty': null,
  'chat:message_updated': 'message-updated',
  'chat:message_status_updated': 'message-status',
  'chat:unread_updated': 'unread-updated',
  'chat:block_changed': 'block-changed',
  'requests:changed': 'requests-changed',
  'privacy:changed': 'privacy-changed',
  'chat:user_typing': 'client-typing',
  'user:status_changed': 'user-status',
  'conversation:created': 'conversation-created',
  'conversation:updated': 'conversation-updated',
  'conversation:removed': 'conversation-removed',
};

const encodedEvents = new WeakMap<ServerEvent, ChannelEvent>();

/** The event as subscribers receive it; null if Pusher clients do not. */
export function channelEventOf(event: ServerEvent): ChannelEvent | null {
  const name = wireNames[event.name];
  if (name === null) return null;
  const known = encodedEvents.get(event);
  if (known !== undefined) return known;
  const typist = isEventOf(event, 'chat:user_typing') ? event.data.userId : undefined;
  const encoded = createChannelEvent(name, event.json, typist);
  encodedEvents.set(event, encoded);
  return encoded;
}
