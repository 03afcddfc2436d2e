import { createHash } from 'node:crypto';
import type * as z from 'zod';
import { createJsonSchemas, type JsonSchema } from './documents/jsonSchemas';
import { errorBodySchema } from './errors/errors';
import * as limits from './limits';
import type { Endpoint } from './rest/endpoint';
import { endpoints } from './rest/endpoints';
import { commands, serverEvents } from './socket';

/**
 * Short hashes of the JSON schemas on the wire. A changed line changes what existing clients rely on: a new optional field
 * must work with mixed versions; a changed name, code or promise raises PROTOCOL. New lines are always allowed.
 */
const known = {
  limits: '235f6ea0',
  'chat:message_send': '399c0823',
  'chat:message_delivered': 'f243560a',
  'chat:message_read': 'f243560a',
  'chat:typing': '5bab1bcd',
  'presence:online': '31f48dde',
  'presence:offline': '31f48dde',
  'chat:sync': '69d3cd30',
  'auth:refresh': 'afdfe8a7',
  'session:ready': '7d37a311',
  'chat:message_received': '6cbfb4b2',
  'chat:messages_received': '20cd0456',
  'chat:queue_empty': 'e020456a',
  'chat:message_updated': '6cbfb4b2',
  'chat:message_status_updated': 'ee144fdf',
  'chat:unread_updated': '87c2da95',
  'chat:block_changed': 'e803f2d1',
  'chat:user_typing': '6fe8f311',
  'user:status_changed': 'ebb10b3b',
  'conversation:created': '4b1544c0',
  'conversation:updated': '855142a2',
  'conversation:removed': '1106e11c',
  'requests:changed': '1106e11c',
  'privacy:changed': '7dd500ad',
  'POST /api/auth/register': '2eff8e46',
  'POST /api/auth/login': '1af97c12',
  'POST /api/auth/password': '1cd89992',
  'POST /api/auth/refresh': 'af2422c5',
  'POST /api/auth/logout': 'ba1d44d9',
  'GET /api/users/me': '424e348a',
  'DELETE /api/users/me': '810749fc',
  'GET /api/users/me/export': 'dce540fe',
  'GET /api/users': 'ef86e210',
  'GET /api/users/:id': '74f7e549',
  'PUT /api/users/:id/block': 'df2507e4',
  'DELETE /api/users/:id/block': 'df2507e4',
  'GET /api/blocks': 'e4146cda',
  'POST /api/conversations/direct': '47c29291',
  'POST /api/conversations/group': 'd351055a',
  'GET /api/conversations': 'dbd0052a',
  'GET /api/conversations/:id': '7e429bec',
  'PATCH /api/conversations/:id': '628cb297',
  'GET /api/conversations/:id/participants': 'aa66bb05',
  'POST /api/conversations/:id/participants': 'fec7728c',
  'PATCH /api/conversations/:id/participants/:userId': '1f517f2b',
  'DELETE /api/conversations/:id/participants/:userId': '76474905',
  'POST /api/messages': '1bf2b6a1',
  'GET /api/mercure/token': '9faaffe5',
  'GET /api/messages/:conversationId': 'a9ff7233',
  'PATCH /api/messages/:messageId': '4ded56fb',
  'PATCH /api/users/me/privacy': 'f60a2585',
  'DELETE /api/messages/:messageId': '83221249',
  'POST /api/messages/:messageId/status': 'a726fc5a',
  'GET /api/messages/:messageId/status': 'bc993fea',
  'POST /api/messages/:messageId/reactions': 'a2119106',
  'DELETE /api/messages/:messageId/reactions/:emoji': '83d37759',
  'DELETE /api/messages/:messageId/reactions': 'c0877463',
  'DELETE /api/sessions': 'ba1d44d9',
  'DELETE /api/sessions/:id': 'df2507e4',
  'GET /api/sessions': '69de0b17',
  'GET /api/sync': '7404bc70',
  'GET /api/admin/deliveries/dead': 'c3358a32',
  'POST /api/admin/deliveries/:userId/retry': 'f1c7c203',
  'POST /api/requests/:id/accept': '7e429bec',
  'POST /api/requests/:id/decline': 'df2507e4',
  'DELETE /api/admin/deliveries/:userId': 'f1c7c203',
  'DELETE /api/admin/roles/:userId': 'f1c7c203',
  'GET /api/admin/roles': 'b010d356',
  'PUT /api/admin/roles/:userId': '0e0c7940',
  'DELETE /api/admin/invitations/:id': 'df2507e4',
  'DELETE /api/admin/users/:userId/sessions': 'f1c7c203',
  'DELETE /api/admin/users/:userId/suspension': 'f1c7c203',
  'GET /api/admin/invitations': '7e897aa3',
  'GET /api/admin/users': 'e67cb0e5',
  'POST /api/admin/invitations': '4d686812',
  'POST /api/admin/users/:userId/temporary-password': 'b61becc9',
  'PUT /api/admin/users/:userId/suspension': 'f1c7c203',
  'GET /healthz': 'a7d62444',
  'GET /readyz': 'afcb4486',
  'GET /api/users/me/privacy': '865f03ee',
  'GET /api/requests': '3f842b4e',
  'GET /api/requests/:id': '4cabcbcc',
  'GET /api/conversations/:id/invited': 'bf4cb2ca',
  Block: '7198e69f',
  BriefMessage: 'f3d064a7',
  Conversation: '9908ba2d',
  ConversationEvent: '08619ed5',
  ConversationForAll: '57a938cf',
  DeadLetter: 'aa080c10',
  Error: '1e215436',
  ErrorBody: '104be4d2',
  GroupInvitation: '56324197',
  Health: '27f3a8fd',
  ListedSession: 'e319501b',
  Message: 'c6700e38',
  MyParticipation: '640db343',
  OpenedRequest: '1806b322',
  Participant: '863bf419',
  Presence: '3707762d',
  Privacy: '0f416b5e',
  Reaction: 'f0f227e5',
  Readiness: 'f9876574',
  Receipt: '820d8b7d',
  RecipientStatus: '514d6d2b',
  Request: 'dda1b436',
  Session: '554269fe',
  Sync: 'e371ba37',
  User: 'eaac2f83',
  InstanceRole: '8cc25262',
  AdministeredUser: 'a655f030',
  Invitation: '137e8bd3',
};

/** Names and types count; descriptions and the order in the source do not. */
function withoutWords(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutWords);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, inner]) => !(key === 'description' && typeof inner === 'string') && key !== 'examples',
  );
  const inOrder = entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(inOrder.map(([key, inner]) => [key, withoutWords(inner)]));
}

function hash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(withoutWords(value)))
    .digest('hex')
    .slice(0, 8);
}

function fingerprint(): Record<string, string> {
  const schemas = createJsonSchemas('draft-2020-12');
  const received = (schema: z.ZodType | null | undefined): JsonSchema | null =>
    schema === null || schema === undefined ? null : schemas.received(schema);
  const sent = (schema: z.ZodType | undefined): JsonSchema | null =>
    schema === undefined ? null : schemas.sent(schema);
  const lines: Record<string, string> = { limits: hash(limits) };

  for (const { name, data, answer } of commands) lines[name] = hash([sent(data), received(answer)]);
  for (const { name, data } of serverEvents) lines[name] = hash(received(data));
  for (const { method, path, params, query, body, answers } of Object.values<Endpoint>(endpoints)) {
    const answered = Object.entries(answers).map(([code, schema]) => [code, received(schema)]);
    lines[`${method} ${path}`] = hash([sent(params), sent(query), sent(body), answered]);
  }
  received(errorBodySchema);
  for (const [name, schema] of Object.entries(schemas.components())) lines[name] = hash(schema);
  return lines;
}

test('the wire changes only deliberately', () => {
  expect(fingerprint()).toEqual(known);
});
