import { isEventOf, type ServerEvent, type ServerEventName } from '@chasqui/protocol';
import { topicEventName } from '../../topics/eventNames';
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

/** Events that concern the connection, which is open before any channel is subscribed. */
const notShown: ReadonlySet<ServerEventName> = new Set(['session:ready', 'chat:queue_empty']);

/** What subscribers call an event of the core; undefined if they do not receive it. */
function nameOf(event: ServerEventName): string | undefined {
  if (event === 'chat:user_typing') return 'client-typing';
  return notShown.has(event) ? undefined : topicEventName(event);
}

const encodedEvents = new WeakMap<ServerEvent, ChannelEvent>();

/** The event as subscribers receive it; null if Pusher clients do not. */
export function channelEventOf(event: ServerEvent): ChannelEvent | null {
  const name = nameOf(event.name);
  if (name === undefined) return null;
  const known = encodedEvents.get(event);
  if (known !== undefined) return known;
  const typist = isEventOf(event, 'chat:user_typing') ? event.data.userId : undefined;
  const encoded = createChannelEvent(name, event.json, typist);
  encodedEvents.set(event, encoded);
  return encoded;
}
