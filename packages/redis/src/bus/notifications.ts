import type { Hint } from '@chasqui/core/ports';

type Check = (value: unknown) => boolean;
type Fields = Record<string, Check>;

const text: Check = (value) => typeof value === 'string';
const number: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const flag: Check = (value) => typeof value === 'boolean';
const optionalText: Check = (value) => value === undefined || typeof value === 'string';
const textOrNull: Check = (value) => value === null || typeof value === 'string';
const status: Check = (value) => value === 'online' || value === 'offline';
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

const shapes: Record<Hint['type'], Check> = {
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
  users: shaped({ events: listOf(shaped({ userIds: listOf(text), event: text, json: text })) }),
  recheck: shaped({ userIds: listOf(text) }),
  'session-ended': shaped({ sessionIds: listOf(text) }),
  presence: shaped({ userId: text, status, at: number }),
  typing: shaped({
    conversationId: text,
    membersVersion: number,
    userId: text,
    username: text,
    isTyping: flag,
    at: number,
  }),
};

/**
 * Parses the notifications in a message of the bus. Malformed ones, and types that only a newer version has, are
 * dropped: notifications may be lost at any time. Never throws.
 */
export function parseNotifications(json: string): Hint[] {
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) ? parsed.filter(isHint) : [];
  } catch {
    return [];
  }
}

function isHint(value: unknown): value is Hint {
  return isRecord(value) && isHintType(value.type) && shapes[value.type](value);
}

function isHintType(type: unknown): type is Hint['type'] {
  return typeof type === 'string' && Object.hasOwn(shapes, type);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
