import type { ChannelKind } from './channelName';

/** A connection as the channels of the application see it. */
export interface Subscriber {
  readonly socketId: string;
  write(frame: Buffer): void;
}

export interface GenericSubscription {
  readonly name: string;
  readonly kind: Extract<ChannelKind, { kind: 'generic' }>;
  /** The signed data of a presence channel. */
  readonly channelData: string | undefined;
}

/** Channels that are no part of the chat: the application publishes to them and signs who may subscribe. */
export interface GenericChannels {
  /** Confirms the subscription and then delivers. Throws ValidationError for malformed data of a presence channel. */
  subscribe(subscriber: Subscriber, subscription: GenericSubscription): Promise<void>;
  unsubscribe(subscriber: Subscriber, name: string): void;
  /** Passes a client event on to the other subscribers, at most once. */
  relay(subscriber: Subscriber, channel: string, event: string, data: string): void;
  /** Ends all subscriptions of a connection. */
  leave(subscriber: Subscriber): void;
}
