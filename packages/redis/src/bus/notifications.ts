import type { Entry, NewEntries, Notification } from '@chasqui/core/ports';
import { createEventFromJson, isServerEventName, type ServerEvent } from '@chasqui/protocol';

// The wire format between nodes. During a rolling upgrade it is exchanged with the previous release, so a field may be
// added only if readers can do without it, and none may be removed.

interface WireEntry {
  id: string;
  seq: number;
  senderId: string;
  counts: boolean;
  origin: string | null;
  json: string;
  at: number;
}

interface WireUserEvent {
  userIds: string[];
  event: string;
  json: string;
  /** Left out by the previous release. */
  conversationId?: string | null;
  seq?: number | null;
}

type WireNotification =
  | {
      type: 'entries';
      batch: { conversationId: string; membersVersion: number; entries: WireEntry[] }[];
    }
  | {
      type: 'conversation';
      conversationId: string;
      membersVersion: number;
      event: string;
      json: string;
      /** 0: all members. */
      seq: number;
      except?: string;
    }
  | {
      type: 'membership';
      conversationId: string;
      membersVersion: number;
      userIds: string[];
      /** The data of `conversation:created` as JSON text; null for a removal. */
      joined: string | null;
    }
  | { type: 'users'; events: WireUserEvent[] }
  | Extract<
      Notification,
      { type: 'recheck' | 'session-ended' | 'typing' | 'topic-events' | 'relay' }
    >;

type Check = (value: unknown) => boolean;
type Fields = Record<string, Check>;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const optionalText: Check = (value) => value === undefined || typeof value === 'string';
const textOrNull: Check = (value) => value === null || typeof value === 'string';
const optionalTextOrNull: Check = (value) => value === undefined || textOrNull(value);
const numberOrNull: Check = (value) => value === null || number(value);
const optionalNumberOrNull: Check = (value) => value === undefined || numberOrNull(value);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check);
const shaped =
  (fields: Fields): Check =>
  (value) =>
    isRecord(value) && Object.entries(fields).every(([name, check]) => check(value[name]));

const entry = shaped({
  id: text,
  seq: number,
  senderId: text,
  counts: flag,
  origin: textOrNull,
  json: text,
  at: number,
});

const shapes: Record<WireNotification['type'], Check> = {
  entries: shaped({
    batch: listOf(shaped({ conversationId: text, membersVersion: number, entries: listOf(entry) })),
  }),
  conversation: shaped({
    conversationId: text,
    membersVersion: number,
    event: text,
    json: text,
    seq: number,
    except: optionalText,
  }),
  membership: shaped({
    conversationId: text,
    membersVersion: number,
    userIds: listOf(text),
    joined: textOrNull,
  }),
  users: shaped({
    events: listOf(
      shaped({
        userIds: listOf(text),
        event: text,
        json: text,
        conversationId: optionalTextOrNull,
        seq: optionalNumberOrNull,
      }),
    ),
  }),
  recheck: shaped({ userIds: listOf(text) }),
  'session-ended': shaped({ sessionIds: listOf(text) }),
  relay: shaped({ topic: text, payload: text }),
  typing: shaped({
    conversationId: text,
    membersVersion: number,
    userId: text,
    username: text,
    isTyping: flag,
    at: number,
  }),
  'topic-events': shaped({
    log: text,
    lastSeq: number,
    events: listOf(
      shaped({
        seq: number,
        id: text,
        topics: listOf(text),
        private: flag,
        type: textOrNull,
        data: text,
        retry: numberOrNull,
        at: number,
      }),
    ),
  }),
};

/** One notification as JSON text. */
export function encodeNotification(notification: Notification): string {
  return JSON.stringify(toWire(notification));
}

function toWire(notification: Notification): WireNotification {
  switch (notification.type) {
    case 'entries':
      return { type: 'entries', batch: notification.batch.map(entriesToWire) };
    case 'conversation': {
      const { membersVersion, event } = notification;
      const { recipients, name, json } = event;
      const except = recipients.scope === 'members' ? recipients.except : undefined;
      return {
        ...{ type: 'conversation', conversationId: event.conversationId ?? '', membersVersion },
        ...{ event: name, json, seq: event.seq ?? 0 },
        ...(except === undefined ? {} : { except }),
      };
    }
    case 'membership': {
      const { conversationId, membersVersion, userIds, created } = notification;
      return {
        ...{ type: 'membership', conversationId, membersVersion, userIds: [...userIds] },
        joined: created?.json ?? null,
      };
    }
    case 'users':
      return { type: 'users', events: notification.events.flatMap(userEventToWire) };
    case 'recheck':
    case 'session-ended':
    case 'typing':
    case 'topic-events':
    case 'relay':
      return notification;
    default:
      return notification satisfies never;
  }
}

function entriesToWire({ conversationId, membersVersion, entries }: NewEntries) {
  const wire = entries.map(({ id, seq, senderId, counts, origin, event, at }): WireEntry => ({
    ...{ id, seq, senderId, counts, origin, json: event.json, at },
  }));
  return { conversationId, membersVersion, entries: wire };
}

function userEventToWire(event: ServerEvent): WireUserEvent[] {
  const { name, json, conversationId, seq, recipients } = event;
  if (recipients.scope !== 'users') return [];
  return [{ userIds: [...recipients.userIds], event: name, json, conversationId, seq }];
}

/**
 * Parses the notifications in a message of the bus. Malformed ones, and types and events that only a newer version
 * has, are dropped: notifications may be lost at any time. Never throws.
 */
export function parseNotifications(json: string): Notification[] {
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) ? parsed.filter(isWireNotification).flatMap(fromWire) : [];
  } catch {
    return [];
  }
}

function fromWire(wire: WireNotification): Notification[] {
  switch (wire.type) {
    case 'entries':
      return [{ type: 'entries', batch: wire.batch.map(entriesFromWire) }];
    case 'conversation': {
      const { conversationId, membersVersion, event: name, json, except } = wire;
      if (!isServerEventName(name)) return [];
      const event = createEventFromJson(name, json, {
        conversationId,
        seq: wire.seq === 0 ? null : wire.seq,
        recipients: { scope: 'members', ...(except === undefined ? {} : { except }) },
      });
      return [{ type: 'conversation', membersVersion, event }];
    }
    case 'membership': {
      const { conversationId, membersVersion, userIds, joined } = wire;
      const address = {
        conversationId,
        seq: null,
        recipients: { scope: 'users', userIds },
      } as const;
      const created =
        joined === null ? null : createEventFromJson('conversation:created', joined, address);
      return [{ type: 'membership', conversationId, membersVersion, userIds, created }];
    }
    case 'users':
      return [{ type: 'users', events: wire.events.flatMap(userEventFromWire) }];
    case 'recheck':
    case 'session-ended':
    case 'typing':
    case 'topic-events':
    case 'relay':
      return [wire];
    default:
      return wire satisfies never;
  }
}

function entriesFromWire({
  conversationId,
  membersVersion,
  entries,
}: Extract<WireNotification, { type: 'entries' }>['batch'][number]): NewEntries {
  return {
    conversationId,
    membersVersion,
    entries: entries.map(({ json, ...entry }): Entry => ({
      ...entry,
      conversationId,
      event: createEventFromJson('chat:message_received', json, {
        conversationId,
        seq: entry.seq,
        recipients: { scope: 'members' },
      }),
    })),
  };
}

function userEventFromWire({ event: name, json, userIds, ...place }: WireUserEvent): ServerEvent[] {
  if (!isServerEventName(name)) return [];
  const { conversationId, seq } =
    place.conversationId === undefined ? placeIn(json) : { seq: null, ...place };
  const recipients = { scope: 'users', userIds } as const;
  return [
    createEventFromJson(name, json, { conversationId: conversationId ?? null, seq, recipients }),
  ];
}

/** The previous release does not send the place of a user's event; it is in the data. */
function placeIn(json: string): { conversationId: string | null; seq: number | null } {
  const data: unknown = JSON.parse(json);
  if (!isRecord(data)) return { conversationId: null, seq: null };
  const { conversationId, seq } = data;
  return {
    conversationId: typeof conversationId === 'string' ? conversationId : null,
    seq: typeof seq === 'number' ? seq : null,
  };
}

function isWireNotification(value: unknown): value is WireNotification {
  return isRecord(value) && isWireType(value.type) && shapes[value.type](value);
}

function isWireType(type: unknown): type is WireNotification['type'] {
  return typeof type === 'string' && Object.hasOwn(shapes, type);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
