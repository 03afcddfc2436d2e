import type { ChatCore } from '@chasqui/core';
import type { PresenceReader } from '@chasqui/identity';
import { isEventOf, type ServerEvent } from '@chasqui/protocol';
import type { ChatGrant } from '../auth/chatGrant';
import { channelEventOf } from '../wire/channelEvent';
import { memberAdded, memberRemoved, subscriptionSucceeded } from '../wire/protocolFrames';
import { followConversation, type LiveFeed } from './followConversation';
import { createRoster, type Roster } from './roster';

/** The channels of conversations and of the user that one connection is subscribed to. */
export interface ChatChannels {
  /**
   * Confirms the subscription and then delivers. Throws NotFoundError unless the user is a participant. A cancelled
   * subscription resolves without a confirmation.
   */
  subscribe(channel: ChannelRequest): Promise<void>;
  has(name: string): boolean;
  /** The conversation of a subscribed channel; undefined for other channels. */
  conversationOf(name: string): string | undefined;
  unsubscribe(name: string): void;
  /** Delivers an event of the core to the channels it belongs to. */
  deliver(event: ServerEvent): void;
  size(): number;
}

export interface ChannelRequest {
  readonly name: string;
  /** Null for the user's own channel. */
  readonly conversationId: string | null;
  readonly presence: boolean;
  readonly grant: ChatGrant;
}

interface Deps {
  core: Pick<ChatCore, 'conversations' | 'members'>;
  presence: PresenceReader;
  /** Opens the connection to the core, or returns the open one. */
  feed: (grant: ChatGrant) => Promise<LiveFeed>;
  write: (frame: Buffer) => void;
  /** An entry was written, to any channel. */
  written: (conversationId: string, seq: number) => void;
  /** Channels were left: conversations for which `isDelivered` is false reach no handler any more. */
  left: (isDelivered: (conversationId: string) => boolean) => void;
}

interface Channel {
  readonly name: string;
  readonly conversationId: string | null;
  readonly roster: Roster | undefined;
  /** `requested`: not followed yet. `held`: its events wait for the confirmation. */
  state: 'requested' | 'held' | 'subscribed';
  held: ServerEvent[];
}

export function createChatChannels(deps: Deps): ChatChannels {
  const channels = new Map<string, Channel>();
  const byConversation = new Map<string | null, Channel[]>();
  /** Subscriptions and cancellations of one conversation (null: of the user) take effect one after the other. */
  const turns = new Map<string | null, Promise<unknown>>();
  let feed: LiveFeed | undefined;

  const of = (conversationId: string | null): readonly Channel[] =>
    byConversation.get(conversationId) ?? [];
  const isFollowed = (conversationId: string | null): boolean =>
    of(conversationId).some(({ state }) => state !== 'requested');

  const isDelivered = (conversationId: string): boolean =>
    isFollowed(conversationId) || isFollowed(null);

  function inTurn<T>(conversationId: string | null, work: () => Promise<T>): Promise<T> {
    const before = turns.get(conversationId) ?? Promise.resolve();
    const running = before.then(work, work);
    const settled = running.then(
      () => undefined,
      () => undefined,
    );
    turns.set(conversationId, settled);
    void settled.then(() => {
      if (turns.get(conversationId) === settled) turns.delete(conversationId);
    });
    return running;
  }

  function add(channel: Channel): void {
    channels.set(channel.name, channel);
    byConversation.set(channel.conversationId, [...of(channel.conversationId), channel]);
  }

  function remove(channel: Channel): void {
    channels.delete(channel.name);
    const rest = of(channel.conversationId).filter((one) => one !== channel);
    if (rest.length > 0) byConversation.set(channel.conversationId, rest);
    else byConversation.delete(channel.conversationId);
  }

  const isCurrent = (channel: Channel): boolean => channels.get(channel.name) === channel;

  async function follow(channel: Channel, grant: ChatGrant): Promise<void> {
    feed = await deps.feed(grant);
    if (!isCurrent(channel)) return;
    channel.state = 'held';
    if (channel.conversationId === null) feed.followAll(true);
    else await followConversation(feed, channel.conversationId, grant.since);
    const data = await channel.roster?.load();
    if (isCurrent(channel)) confirm(channel, data);
  }

  function confirm(channel: Channel, data: object | undefined): void {
    deps.write(subscriptionSucceeded(channel.name, data));
    channel.state = 'subscribed';
    for (const event of channel.held.splice(0)) writeTo([channel], event);
  }

  /** Runs in turn, after the channel has left the map. */
  function leave({ conversationId }: Channel): void {
    if (feed === undefined || isFollowed(conversationId)) return;
    if (conversationId === null) feed.followAll(false);
    else feed.unfollow(conversationId);
    deps.left(isDelivered);
  }

  function writeTo(targets: readonly Channel[], event: ServerEvent): void {
    const encoded = channelEventOf(event);
    if (encoded === null || targets.length === 0) return;
    let isWritten = false;
    for (const channel of targets) {
      if (channel.state === 'held') channel.held.push(event);
      else {
        deps.write(encoded.frameFor(channel.name));
        isWritten = true;
      }
    }
    if (!isWritten || !isEventOf(event, 'chat:message_received')) return;
    if (event.conversationId !== null && event.seq !== null)
      deps.written(event.conversationId, event.seq);
  }

  function updateRosters(event: ServerEvent): void {
    if (event.name !== 'user:status_changed' && event.name !== 'conversation:updated') return;
    for (const { roster, conversationId } of channels.values()) {
      if (roster === undefined) continue;
      if (isEventOf(event, 'user:status_changed'))
        roster.statusChanged(event.data.userId, event.data.status);
      else if (event.name === 'conversation:updated' && event.conversationId === conversationId)
        roster.participantsChanged();
    }
  }

  return {
    async subscribe({ name, conversationId, presence, grant }) {
      const roster =
        presence && conversationId !== null
          ? createRoster({
              ...{ core: deps.core, presence: deps.presence, userId: grant.userId, conversationId },
              added: (userId, info) => deps.write(memberAdded(name, userId, info)),
              removed: (userId) => deps.write(memberRemoved(name, userId)),
            })
          : undefined;
      const channel: Channel = { name, conversationId, roster, state: 'requested', held: [] };
      add(channel);
      try {
        await inTurn(conversationId, () => follow(channel, grant));
      } catch (error) {
        if (isCurrent(channel)) remove(channel);
        throw error;
      }
    },
    has: (name) => channels.has(name),
    conversationOf: (name) => channels.get(name)?.conversationId ?? undefined,
    unsubscribe(name) {
      const channel = channels.get(name);
      if (channel === undefined) return;
      remove(channel);
      void inTurn(channel.conversationId, async () => leave(channel));
    },
    deliver(event) {
      const { conversationId } = event;
      const mayReceive = conversationId === null ? of(null) : [...of(conversationId), ...of(null)];
      writeTo(
        mayReceive.filter(({ state }) => state !== 'requested'),
        event,
      );
      updateRosters(event);
      if (event.name !== 'conversation:removed' || conversationId === null) return;
      // Authorization is membership, not the signature: nothing of the conversation follows (D9).
      for (const channel of of(conversationId)) remove(channel);
      deps.left((id) => id !== conversationId && isDelivered(id));
    },
    size: () => channels.size,
  };
}
