import { createModelServer, type Action, type ModelEvent } from '../testing/modelServer';
import type { Message } from '@chasqui/protocol';
import fc from 'fast-check';
import type { Entry } from './entry';
import { newInSync, entriesToKeep } from '../sync/newEntries';
import { applyEvent } from './applyEvent';
import type { ChatEvent } from './chatEvent';
import { type ChatState, emptyState } from './chatState';
import { newestRun } from './timeline';
import { conversationToRecount } from './unread';

const decoded = (message: Message): Entry => ({
  ...message,
  content: message.content_encrypted,
  isUnreadable: false,
});

function eventOf(event: ModelEvent): ChatEvent {
  switch (event.type) {
    case 'received':
      return { type: 'entries received', entries: [decoded(event.message)] };
    case 'updated':
      return { type: 'message updated', entry: decoded(event.message) };
    case 'status': {
      const { conversation_id: conversationId, user_id: userId, read_seq: seq } = event.receipt;
      const more = { messageId: '', timestamp: '', status: 'read' as const };
      return { type: 'status updated', update: { conversationId, userId, seq, ...more } };
    }
    case 'unread':
      return { type: 'unread updated', update: event };
    case 'created':
      return { type: 'conversations read', conversations: [event.conversation] };
    case 'changed':
      return { type: 'conversation updated', conversation: event.conversation };
    case 'removed':
      return { type: 'conversation removed', conversationId: event.conversationId };
  }
}

const isMembership = (event: ChatEvent): boolean =>
  event.type === 'conversations read' || event.type === 'conversation removed';

/** The part of the state that must not depend on how it was received. */
function picture(state: ChatState) {
  return Object.fromEntries(
    Object.values(state.conversationsById).map(({ counted: _counted, ...one }) => [one.id, one]),
  );
}

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom<Action['kind'][]>(
    ...(['send', 'send', 'send', 'send', 'edit', 'delete', 'react'] as const),
    ...(['read', 'read', 'rename', 'remove', 'add', 'add', 'add'] as const),
  ),
  group: fc.nat(1),
  // 0 is the reader.
  who: fc.constantFrom(0, 0, 0, 1, 2, 3),
  which: fc.nat(1_000),
});

/** Some events are lost, some arrive twice, some late. */
const delivery = fc.record({
  action,
  fate: fc.constantFrom(
    'arrives',
    'arrives',
    'arrives',
    'is lost',
    'arrives twice',
    'arrives late',
  ),
});

const session = fc.record({
  isOffline: fc.boolean(),
  deliveries: fc.array(delivery, { maxLength: 25 }),
});

const history = fc.constantFrom('none', 'a page', 'all');

test('[D7] after lost, repeated and late events, a sync leads to the same state as a fresh fetch', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 25 }),
      history,
      fc.array(session, { maxLength: 4 }),
      (before, known, sessions) => {
        const server = createModelServer();
        before.forEach((one) => server.do(one));
        let { state, position } = begin(server, known);

        for (const session of sessions) {
          const late: ChatEvent[] = [];
          const began = state;
          for (const { action: one, fate: its } of session.deliveries) {
            const fate = session.isOffline ? 'is lost' : its;
            for (const event of server.do(one).map(eventOf)) {
              if (isMembership(event)) {
                // Membership events keep their place: late events arrive before them or not at all.
                late.length = 0;
                if (fate !== 'is lost') state = applyEvent(state, event);
              } else if (fate === 'arrives late') late.unshift(event);
              else if (fate !== 'is lost') {
                state = applyEvent(state, event);
                if (fate === 'arrives twice') state = applyEvent(state, event);
              }
            }
          }
          const page = server.sync(position);
          position = page.position;
          const { conversations, removed, receipts } = page;
          const messages = page.messages.map(decoded);
          const arrived = newInSync(state, began, messages);
          const entries = entriesToKeep(state, arrived, messages);
          const synced: ChatEvent = {
            ...{ type: 'synced', conversations, removed, receipts, entries },
            cursor: String(position),
          };
          state = applyEvent(state, synced);
          // The same page again, and events overtaken by the sync.
          state = applyEvent(state, synced);
          for (const event of late) {
            state = applyEvent(state, event);
            // The conversation that a client would load again.
            const uncounted = conversationToRecount(state, event);
            const { conversations: now } = server.fresh();
            const one = now.filter(({ id }) => id === uncounted);
            state = applyEvent(state, { type: 'conversations read', conversations: one });
          }
        }

        const fresh = begin(server, 'all').state;
        expect(picture(state)).toEqual(picture(fresh));
        for (const [id, entries] of Object.entries(state.entriesByConversation)) {
          const truth = fresh.entriesByConversation[id] ?? [];
          for (const entry of entries) expect(truth).toContainEqual(entry);
          // No gap in the entries received since this client started.
          const run = newestRun(entries);
          expect(run.at(-1)?.seq ?? 0).toBe(entries.length === 0 ? 0 : (truth.at(-1)?.seq ?? 0));
          if (known === 'all') expect(entries).toEqual(truth);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

test('[D8] without lost events, unread counts are exact without a sync', () => {
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 15 }),
      history,
      fc.array(action, { maxLength: 40 }),
      (before, known, live) => {
        const server = createModelServer();
        before.forEach((one) => server.do(one));
        let { state } = begin(server, known);
        for (const event of live.flatMap((one) => server.do(one).map(eventOf))) {
          state = applyEvent(state, event);
          const uncounted = conversationToRecount(state, event);
          const { conversations } = server.fresh();
          const recounted = conversations.filter(({ id }) => id === uncounted);
          state = applyEvent(state, { type: 'conversations read', conversations: recounted });
        }
        for (const { id, my } of server.fresh().conversations) {
          expect(state.conversationsById[id]?.my.unread_count).toBe(my.unread_count);
        }
      },
    ),
    { numRuns: 1_000 },
  );
});

function begin(server: ReturnType<typeof createModelServer>, known: 'none' | 'a page' | 'all') {
  const { conversations, history: all } = server.fresh();
  const page = known === 'none' ? [] : known === 'all' ? all : newest(all);
  const user = {
    ...{ id: server.me, username: 'me', display_name: 'Me', created_at: '', presence: null },
  };
  const events: ChatEvent[] = [
    { type: 'signed in', user },
    { type: 'conversations read', conversations },
    { type: 'entries read', entries: page.map(decoded) },
  ];
  return { state: events.reduce(applyEvent, emptyState), position: server.sync().position };
}

/** The last three of each conversation. */
const newest = (all: Message[]): Message[] =>
  all.filter(
    ({ conversation_id: id, seq }) =>
      all.filter((other) => other.conversation_id === id && other.seq > seq).length < 3,
  );

test('an event that changes nothing returns the same state object', () => {
  const server = createModelServer();
  for (let which = 0; which < 5; which += 1) server.do({ kind: 'send', group: 0, who: 1, which });
  const { state } = begin(server, 'all');
  const [message] = server.fresh().history.slice(-1);
  if (message === undefined) throw new Error('there is no message');
  const again: ChatEvent[] = [
    { type: 'entries received', entries: [decoded(message)] },
    { type: 'message updated', entry: decoded(message) },
    { type: 'read here', conversationId: message.conversation_id, seq: 1 },
    { type: 'time passed', now: 0 },
  ];
  for (const event of again) expect(applyEvent(state, event)).toBe(state);
});
