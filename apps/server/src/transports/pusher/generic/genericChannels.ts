import type { EventLog } from './eventLog';
import type { ChannelKind } from '../channels/channelName';

/** A connection as the channels of the application see it. */
export interface Subscriber {
  readonly socketId: string;
  write(frame: Buffer): void;
}

export type GenericKind = Extract<ChannelKind, { kind: 'generic' }>;

export interface GenericSubscription {
  readonly name: string;
  readonly kind: GenericKind;
  /** The signed data of a presence channel. */
  readonly channelData: string | undefined;
  /** The user that the connection signed in as, for a presence channel without data of its own. */
  readonly userId: string | undefined;
}

/** An event for the subscribers of a channel. */
export interface GenericEvent {
  readonly channel: string;
  readonly name: string;
  /** The text that subscribers receive. */
  readonly data: string;
  /** A connection that does not receive it. */
  readonly except?: string | undefined;
  /** The user whose client sent it. */
  readonly userId?: string | undefined;
}

/** Channels that are no part of the chat: the application publishes to them and signs who may subscribe. */
export interface GenericChannels {
  /** Confirms the subscription and then delivers. Throws ValidationError for malformed data of a presence channel. */
  subscribe(subscriber: Subscriber, subscription: GenericSubscription): void;
  unsubscribe(subscriber: Subscriber, name: string): void;
  /** Ends a subscription whose connection has closed. Its user lingers, because they may come back at once. */
  leave(subscriber: Subscriber, name: string): void;
  /** What the application publishes; this node delivers what is published after `started`. */
  readonly log: EventLog;
  /** Passes a client event on to the other subscribers. */
  relay(subscriber: Subscriber, channel: string, event: string, data: string): void;
  /** The occupied channels, over all nodes. */
  channels(): readonly string[];
  subscriptionCount(channel: string): number;
  /** Ids of the members of a presence channel, over all nodes. */
  userIds(channel: string): readonly string[];
  /** The last event of a cache channel. */
  cached(channel: string): { data: string; ttlS: number } | null;
  stop(): void;
}
