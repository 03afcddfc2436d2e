import type { Clock, Timer } from '@chasqui/foundation';
import { ConflictError } from '@chasqui/protocol';
import { parseChannelName } from '../channels/channelName';
import { createChannelEvent } from '../wire/channelEvent';
import {
  cacheMiss,
  memberAdded,
  memberRemoved,
  subscriptionCount,
  subscriptionSucceeded,
} from '../wire/protocolFrames';
import type { TopicLog } from '@chasqui/topics';
import { createEventLog } from './eventLog';
import { createEventCache } from './eventCache';
import type { GenericChannels, GenericEvent, GenericKind, Subscriber } from './genericChannels';
import type { NodeLink } from './nodeLink';
import type { Change, Held } from './occupancy';
import { type PresenceMember, presenceMemberOf } from './presenceMember';
import { createSharedOccupancy } from './sharedOccupancy';

interface Deps {
  link: NodeLink;
  nodeId: string;
  clock: Clock;
  log: TopicLog;
}

interface Channel {
  readonly kind: GenericKind;
  readonly subscribers: Map<Subscriber, PresenceMember | undefined>;
  /** Users whose connections have closed a moment ago. */
  readonly lingering: Map<string, { info: unknown; timer: Timer }>;
  countTimer: Timer | undefined;
}

/** Members of a presence channel, as on Pusher Channels. */
const MEMBERS_MAX = 100;
/** A user who comes back within this time has not left. */
const LINGER_MS = 3_000;
/** Subscription counts are sent at most this often. */
const COUNT_EVERY_MS = 1_000;
/** With more subscribers, less often. */
const MANY_SUBSCRIBERS = 100;
const COUNT_OF_MANY_EVERY_MS = 5_000;

export function createGenericChannels({ link, nodeId, clock, log }: Deps): GenericChannels {
  const channels = new Map<string, Channel>();
  const cache = createEventCache(clock);
  /** A subscriber that is not confirmed yet. */
  let newcomer: Subscriber | undefined;
  const occupancy = createSharedOccupancy({ link, nodeId, clock, onChange });
  const eventLog = createEventLog(log, deliver);
  const stopListening = link.onMessage((message) => {
    if (message.type === 'event') deliver(message);
  });

  function onChange(name: string, { added, removed, countChanged }: Change): void {
    const channel = channels.get(name);
    if (channel === undefined) return;
    for (const [userId, info] of added) writeAll(channel, memberAdded(name, userId, info));
    for (const userId of removed) writeAll(channel, memberRemoved(name, userId));
    if (countChanged && channel.kind.access !== 'presence') announceCount(name, channel);
  }

  function writeAll({ subscribers }: Channel, frame: Buffer): void {
    for (const subscriber of subscribers.keys()) {
      if (subscriber !== newcomer) subscriber.write(frame);
    }
  }

  function announceCount(name: string, channel: Channel): void {
    const isLarge = channel.subscribers.size > MANY_SUBSCRIBERS;
    channel.countTimer ??= clock.setTimeout(
      () => {
        channel.countTimer = undefined;
        writeAll(channel, subscriptionCount(name, occupancy.subscriptionCount(name)));
      },
      isLarge ? COUNT_OF_MANY_EVERY_MS : COUNT_EVERY_MS,
    );
  }

  function hold(name: string, channel: Channel): void {
    const users = new Map<string, unknown>();
    for (const [userId, { info }] of channel.lingering) users.set(userId, info);
    for (const member of channel.subscribers.values()) {
      if (member !== undefined) users.set(member.userId, member.info);
    }
    const held: Held = { subscriptions: channel.subscribers.size, users };
    if (channel.subscribers.size === 0 && channel.lingering.size === 0) {
      channel.countTimer?.cancel();
      channels.delete(name);
    }
    occupancy.hold(name, held);
  }

  function presenceData(name: string): object {
    const users = occupancy.usersOf(name);
    return {
      presence: {
        ...{ count: users.size, ids: [...users.keys()] },
        hash: Object.fromEntries([...users].map(([userId, info]) => [userId, info ?? {}])),
      },
    };
  }

  function memberOf(
    name: string,
    kind: GenericKind,
    data: string | undefined,
    signedInAs: string | undefined,
  ): PresenceMember | undefined {
    if (kind.access !== 'presence') return undefined;
    const member = presenceMemberOf(data, signedInAs);
    const users = occupancy.usersOf(name);
    if (users.size >= MEMBERS_MAX && !users.has(member.userId))
      throw new ConflictError(`a presence channel has at most ${MEMBERS_MAX} members`);
    return member;
  }

  function linger(name: string, channel: Channel, { userId, info }: PresenceMember): void {
    channel.lingering.get(userId)?.timer.cancel();
    const timer = clock.setTimeout(() => {
      channel.lingering.delete(userId);
      hold(name, channel);
    }, LINGER_MS);
    channel.lingering.set(userId, { info, timer });
  }

  function remove(subscriber: Subscriber, name: string, lingers: boolean): void {
    const channel = channels.get(name);
    if (channel?.subscribers.has(subscriber) !== true) return;
    const member = channel.subscribers.get(subscriber);
    channel.subscribers.delete(subscriber);
    if (lingers && member !== undefined) linger(name, channel, member);
    hold(name, channel);
  }

  function deliver(event: GenericEvent): void {
    const kind = parseChannelName(event.channel);
    const isClientEvent = event.name.startsWith('client-');
    if (kind?.kind === 'generic' && kind.cached && !isClientEvent) cache.keep(event);
    const channel = channels.get(event.channel);
    if (channel === undefined) return;
    const frame = createChannelEvent(event.name, event.data, event.userId).frameFor(event.channel);
    for (const subscriber of channel.subscribers.keys()) {
      if (subscriber.socketId !== event.except) subscriber.write(frame);
    }
  }

  return {
    subscribe(subscriber, { name, kind, channelData, userId }) {
      const member = memberOf(name, kind, channelData, userId);
      const channel = channels.get(name) ?? newChannel(kind);
      channels.set(name, channel);
      if (member !== undefined) {
        channel.lingering.get(member.userId)?.timer.cancel();
        channel.lingering.delete(member.userId);
      }
      channel.subscribers.set(subscriber, member);
      // The new subscriber learns of itself by the confirmation.
      newcomer = subscriber;
      hold(name, channel);
      newcomer = undefined;
      subscriber.write(subscriptionSucceeded(name, member === undefined ? {} : presenceData(name)));
      if (!kind.cached) return;
      const cached = cache.find(name);
      if (cached === undefined) subscriber.write(cacheMiss(name));
      else {
        const { event } = cached;
        subscriber.write(createChannelEvent(event.name, event.data).frameFor(name));
      }
    },
    unsubscribe: (subscriber, name) => remove(subscriber, name, false),
    leave: (subscriber, name) => remove(subscriber, name, true),
    log: eventLog,
    relay(subscriber, channel, name, data) {
      const member = channels.get(channel)?.subscribers.get(subscriber);
      const event = { channel, name, data, except: subscriber.socketId, userId: member?.userId };
      deliver(event);
      link.send({ type: 'event', ...event });
    },
    channels: () => occupancy.channels(),
    subscriptionCount: (channel) => occupancy.subscriptionCount(channel),
    userIds: (channel) => [...occupancy.usersOf(channel).keys()],
    cached(channel) {
      const found = cache.find(channel);
      return found === undefined ? null : { data: found.event.data, ttlS: found.ttlS };
    },
    stop() {
      stopListening();
      for (const { lingering, countTimer } of channels.values()) {
        countTimer?.cancel();
        for (const { timer } of lingering.values()) timer.cancel();
      }
      occupancy.stop();
    },
  };
}

function newChannel(kind: GenericKind): Channel {
  return { kind, subscribers: new Map(), lingering: new Map(), countTimer: undefined };
}
