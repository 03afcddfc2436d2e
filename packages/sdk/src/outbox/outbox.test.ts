import {
  ConflictError,
  InternalError,
  NotFoundError,
  RateLimitError,
  UnavailableError,
} from '@chasqui/protocol';
import { createFakeClock, type FakeClock, until } from '@chasqui/testkit';
import type { Entry } from '../state/entry';
import { OfflineError } from '../errors';
import { createMemoryStorage } from '../storage/memoryStorage';
import type { Storage } from '../storage/storage';
import { createOutbox, type Draft, type Outbox, type Send } from './outbox';
import type { OutboxEntry, StoredEntry } from './outboxEntry';
import { createOrder, createOutboxStorage } from './outboxStorage';

const ANA = '0198a000-0000-7000-8000-00000000000a';
const [HERE, THERE] = [
  '0198b000-0000-7000-8000-000000000001',
  '0198b000-0000-7000-8000-000000000002',
];

const draft = (id: string, conversationId = HERE): Draft => ({
  client_message_id: id,
  conversation_id: conversationId,
  content_encrypted: `content of ${id}`,
  message_type: 'text',
  reply_to_id: null,
});

/** A server that answers when the test says so. */
function server() {
  const attempts: { id: string; settle: (outcome: Error | number) => void }[] = [];
  const send: Send = (entry) =>
    new Promise((resolve, reject) => {
      attempts.push({
        id: entry.client_message_id,
        settle: (outcome) =>
          outcome instanceof Error ? reject(outcome) : resolve(stored(entry, outcome)),
      });
    });
  return {
    send,
    ids: () => attempts.map(({ id }) => id),
    async answer(outcome: Error | number): Promise<void> {
      const attempt = await until('there is an attempt', () => attempts[answered]);
      answered += 1;
      attempt.settle(outcome);
    },
  };
}
let answered = 0;
beforeEach(() => {
  answered = 0;
});

const stored = (entry: StoredEntry, seq: number): Entry => ({
  kind: 'unknown',
  id: entry.conversation_id,
  conversation_id: entry.conversation_id,
  seq,
  version: seq,
});

function openOutbox(storage: Storage, clock: FakeClock = createFakeClock()) {
  let shown: readonly OutboxEntry[] = [];
  const sent: number[] = [];
  const outbox: Outbox = createOutbox({
    storage: createOutboxStorage(storage, ANA),
    clock,
    random: () => 0,
    order: createOrder(() => clock.now(), 'tab'),
    decode: async ({ content_encrypted: content }) => content,
    onChange: (entries) => (shown = entries),
    onSent(entry, entries) {
      sent.push(entry.seq);
      shown = entries;
    },
    onStored: () => undefined,
  });
  outbox.lead();
  const statuses = (): string[] =>
    shown.map(({ client_message_id: id, status }) => `${id} ${status}`);
  return { outbox, clock, sent, statuses };
}

test('[D1] a message is stored before its first attempt and removed after its acknowledgement', async () => {
  const storage = createMemoryStorage();
  const order: string[] = [];
  const watched: Storage = {
    ...storage,
    async write(changes) {
      await storage.write(changes);
      order.push(changes[0]?.value === undefined ? 'removed' : 'stored');
    },
  };
  const { outbox, sent } = openOutbox(watched);
  outbox.connect((entry) => {
    order.push('attempt');
    return Promise.resolve(stored(entry, 1));
  });
  await outbox.add([draft('a')]);
  await until('it is sent', () => sent.length === 1);
  expect(order).toEqual(['stored', 'attempt', 'removed']);
  expect(await storage.list('')).toEqual([]);
});

test('[D1] a message that cannot be stored is not sent; the next one is', async () => {
  const storage = createMemoryStorage();
  let isFull = true;
  const { send, ids } = server();
  const { outbox } = openOutbox({
    ...storage,
    write: (changes) => (isFull ? Promise.reject(new Error('full')) : storage.write(changes)),
  });
  outbox.connect(send);
  await expect(outbox.add([draft('a')])).rejects.toThrow('full');
  isFull = false;
  await outbox.add([draft('b')]);
  await until('b is tried', () => ids().length === 1);
  expect(ids()).toEqual(['b']);
});

test('[D3] messages of one conversation are sent one at a time and in order; conversations are independent', async () => {
  const { outbox, sent } = openOutbox(createMemoryStorage());
  const { send, ids, answer } = server();
  outbox.connect(send);
  await outbox.add([draft('a1'), draft('a2'), draft('b1', THERE), draft('b2', THERE)]);
  expect(ids()).toEqual(['a1', 'b1']);
  await answer(1);
  await until('the next is tried', () => ids().length === 3);
  expect(ids()).toEqual(['a1', 'b1', 'a2']);
  for (const seq of [1, 2, 2]) await answer(seq);
  await until('everything is sent', () => sent.length === 4);
});

test('[D2] an unanswered send is retried with the same id and growing waits; no later message overtakes it', async () => {
  const { outbox, clock, statuses } = openOutbox(createMemoryStorage());
  const { send, ids, answer } = server();
  outbox.connect(send);
  await outbox.add([draft('a'), draft('b')]);
  await answer(new UnavailableError());
  await until('it waits', () => clock.pending === 1);
  expect(statuses()).toEqual(['a waiting', 'b waiting']);
  clock.advance(249);
  expect(ids()).toEqual(['a']);
  clock.advance(1);
  expect(ids()).toEqual(['a', 'a']);
  await answer(new OfflineError());
  await until('it waits', () => clock.pending === 1);
  clock.advance(499);
  expect(ids()).toEqual(['a', 'a']);
  clock.advance(1);
  expect(ids()).toEqual(['a', 'a', 'a']);
  await answer(1);
  await until('b is tried', () => ids().length === 4);
});

test('a refused message stays visible while later ones are sent; retry keeps its id and place', async () => {
  const { outbox, sent, statuses } = openOutbox(createMemoryStorage());
  const { send, ids, answer } = server();
  outbox.connect(send);
  await outbox.add([draft('a'), draft('b')]);
  await answer(new NotFoundError());
  await answer(1);
  await until('b is sent', () => sent.length === 1);
  expect(statuses()).toEqual(['a refused']);
  await outbox.retry('a');
  await answer(2);
  await until('a is sent', () => sent.length === 2);
  expect(ids()).toEqual(['a', 'b', 'a']);
  expect(statuses()).toEqual([]);
});

test('a rate limit delays all conversations; an internal error is retried up to five times', async () => {
  const { outbox, clock, statuses } = openOutbox(createMemoryStorage());
  const { send, ids, answer } = server();
  outbox.connect(send);
  await outbox.add([draft('a'), draft('b', THERE)]);
  await answer(new RateLimitError(3));
  await answer(new RateLimitError(3));
  await until('they wait', () => clock.pending === 1 && statuses()[1] === 'b waiting');
  clock.advance(2_999);
  expect(ids()).toEqual(['a', 'b']);
  clock.advance(1);
  expect(ids()).toEqual(['a', 'b', 'a', 'b']);
  await answer(1);
  for (let i = 0; i < 4; i += 1) {
    await answer(new InternalError('a bug'));
    await until('it waits', () => statuses()[0] === (i < 3 ? 'b waiting' : 'b refused'));
    clock.advance(30_000);
  }
  expect(ids().filter((id) => id === 'b')).toHaveLength(5);
});

test('[D1] after a crash another client sends the stored messages in the same order', async () => {
  const storage = createMemoryStorage();
  const first = openOutbox(storage);
  await first.outbox.add(['a', 'b', 'c'].map((id) => draft(id)));
  await first.outbox.add([draft('d')]);
  first.outbox.stop();
  // Its clock was set back; new messages still sort after the stored ones.
  const second = openOutbox(storage, createFakeClock(5));
  await second.outbox.reload();
  await second.outbox.add([draft('e')]);
  expect(second.statuses().map((one) => one[0])).toEqual(['a', 'b', 'c', 'd', 'e']);
  const { send, ids, answer } = server();
  second.outbox.connect(send);
  for (let seq = 1; seq <= 5; seq += 1) await answer(seq);
  await until('everything is sent', () => second.sent.length === 5);
  expect(ids()).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('[D1] a message received in its conversation leaves the outbox, and so does a discarded one', async () => {
  const storage = createMemoryStorage();
  const { outbox, statuses } = openOutbox(storage);
  await outbox.add([draft('a'), draft('b'), draft('c')]);
  await outbox.arrived(HERE, ['a']);
  await outbox.arrived(THERE, ['b']);
  await outbox.discard('c');
  expect(statuses()).toEqual(['b waiting']);
  expect(await storage.list('')).toHaveLength(1);
});

test('a success that arrives after the connection is lost counts; a failure does not', async () => {
  const { outbox, sent, statuses, clock } = openOutbox(createMemoryStorage());
  const { send, answer, ids } = server();
  outbox.connect(send);
  await outbox.add([draft('a'), draft('b')]);
  outbox.connect(undefined);
  await answer(1);
  await until('it is sent', () => sent.length === 1);
  outbox.connect(send);
  await until('b is tried', () => ids().length === 2);
  outbox.connect(undefined);
  await answer(new ConflictError('of an old connection'));
  await until('it waits', () => statuses()[0] === 'b waiting');
  expect(clock.pending).toBe(0);
});

test('setting the clock back during a wait does not lengthen it', async () => {
  const clock = createFakeClock();
  let setBackMs = 0;
  const { outbox } = openOutbox(createMemoryStorage(), {
    ...clock,
    now: () => clock.now() - setBackMs,
  });
  const { send, ids, answer } = server();
  outbox.connect(send);
  await outbox.add([draft('a')]);
  await answer(new UnavailableError());
  await until('it waits', () => clock.pending === 1);
  setBackMs = 3_600_000;
  clock.advance(250);
  expect(ids()).toEqual(['a', 'a']);
});
