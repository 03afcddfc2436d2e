import type { ChatCore } from '@chasqui/core';
import type { Clock } from '@chasqui/foundation';
import { createTokenBucket } from '@chasqui/limits';
import type { ClientConnection } from '../../../connections/clientConnection';
import type { ErrorReporter } from '../../../observability/errorReporter';
import type { ChannelKind } from '../channels/channelName';
import type { GenericChannels, Subscriber } from '../generic/genericChannels';
import { type ClientFrame, fieldsOf } from '../wire/clientFrame';
import { errorFrame } from '../wire/protocolFrames';

/** Events that clients send to the other subscribers of a channel. */
export interface ClientEvents {
  receive(frame: ClientFrame): void;
}

interface Deps {
  core: Pick<ChatCore, 'connections'>;
  clock: Clock;
  subscriber: Subscriber;
  connection: () => ClientConnection | undefined;
  kindOf: (channel: string) => ChannelKind | undefined;
  generic: GenericChannels | undefined;
  failed: ErrorReporter;
}

/** On the channel of a conversation it is the typing indicator (D10). */
export const TYPING = 'client-typing';

export const isClientEvent = (event: string): boolean => event.startsWith('client-');

/** Client events of one connection, as on Pusher Channels. */
const PER_SECOND = 10;
/** Bytes of an event's data, as on Pusher Channels. */
const DATA_MAX = 10_240;

export function createClientEvents(deps: Deps): ClientEvents {
  const { core, clock, subscriber, generic } = deps;
  const bucket = createTokenBucket(PER_SECOND, PER_SECOND);

  function refuse(code: number | null, reason: string): void {
    subscriber.write(errorFrame(code, reason));
  }

  function typing(conversationId: string, frame: ClientFrame): void {
    const { isTyping, typing: isTypingToo } = fieldsOf(frame);
    const current = deps.connection();
    if (current === undefined) return;
    const stopped = isTyping === false || isTypingToo === false;
    core.connections
      .announceTyping(current.userId, current.username, conversationId, !stopped)
      .catch((error: unknown) => {
        const { message } = deps.failed(error, { event: TYPING });
        refuse(null, message);
      });
  }

  return {
    receive(frame) {
      const { channel, event, data } = frame;
      const kind = channel === undefined ? undefined : deps.kindOf(channel);
      if (channel === undefined || kind === undefined) {
        refuse(null, 'client events need a channel that the connection is subscribed to');
        return;
      }
      if (!bucket.take(clock.now())) {
        refuse(4301, `a connection may send ${PER_SECOND} client events a second`);
        return;
      }
      if (kind.kind === 'conversation' && event === TYPING) {
        typing(kind.conversationId, frame);
        return;
      }
      const isOpen = kind.kind === 'generic' && ['private', 'presence'].includes(kind.access);
      if (!isOpen || generic === undefined) {
        refuse(null, 'this channel takes no such client event');
        return;
      }
      const text = typeof data === 'string' ? data : JSON.stringify(data ?? null);
      if (Buffer.byteLength(text) > DATA_MAX) {
        refuse(null, `the data of a client event has at most ${DATA_MAX} bytes`);
        return;
      }
      generic.relay(subscriber, channel, event, text);
    },
  };
}
