import { createFakeClock, until } from '@chasqui/testkit';
import { noGauges } from '../testing/fakes/noGauges';
import { type MemoryTransport, memoryTransport } from '../testing/memoryTransport';
import { type ChangedEntry, changedEntry } from './changedEntries';
import { type Connection, createConnection } from '../connection/connection';
import { createLocalConversations, type LocalConversations } from './conversationCache';
import type { Entry } from '../ports/index';
import { createEventFromJson } from '@chasqui/protocol';
import { testEntry } from '../testing/entries';

const ME = 'me';
const ROOM = 'room';

function json(seq: number, version: number, text = 'as it was'): string {
  return JSON.stringify({
    ...{ id: `m${seq}`, conversation_id: ROOM, seq, version, content_encrypted: text },
  });
}

function entry(seq: number): Entry {
  return testEntry(ROOM, seq, { id: `m${seq}`, json: json(seq, seq) });
}

const edit = (seq: number, version: number): ChangedEntry =>
  changedEntry(
    createEventFromJson('chat:message_updated', json(seq, version, `edited at ${version}`), {
      ...{ conversationId: ROOM, seq, recipients: { scope: 'members' } },
    }),
  );

let transport: MemoryTransport;

/** A connection to a store of three entries, whose reads finish when `endRead` is called. */
function connect(batching: boolean): { connection: Connection; endRead: () => void } {
  let endRead = (): void => undefined;
  transport = memoryTransport({ capabilities: { batching } });
  const connection = createConnection({
    ...{ userId: ME, deviceNo: 1, transport, clock: createFakeClock(), gauges: noGauges },
    readEntries: ([asked]) =>
      new Promise((resolve) => {
        const page = [1, 2, 3].filter((seq) => seq > (asked?.seq ?? 0)).map(entry);
        endRead = () => resolve(new Map([[ROOM, page]]));
      }),
    readPosition: () => Promise.resolve({ position: 0, lastSeq: 3 }),
    onReadFailed: () => undefined,
  });
  connection.begin([{ conversationId: ROOM, position: 0, lastSeq: 3 }]);
  connection.start();
  return { connection, endRead: () => endRead() };
}

const texts = (): string[] =>
  transport.messages().map(({ content_encrypted: text }) => text ?? 'nothing');

describe('[D7] a change that arrives before its entry is sent', () => {
  test.each([false, true])(
    'a change during the read is sent as part of the entry (batch: %s)',
    async (batch) => {
      const { connection, endRead } = connect(batch);
      connection.changed(edit(2, 9));
      endRead();
      await until('all entries are sent', () => transport.seqs().length === 3);
      expect(texts()).toEqual(['as it was', 'edited at 9', 'as it was']);
    },
  );

  test('a change after the read replaces the entry in the queued page', async () => {
    const { connection, endRead } = connect(false);
    transport.takeOnly(1);
    endRead();
    await until('one entry is sent', () => transport.seqs().length === 1);
    connection.changed(edit(3, 9));
    connection.changed(edit(3, 8));
    transport.drain();
    await until('all entries are sent', () => transport.seqs().length === 3);
    expect(texts()).toEqual(['as it was', 'as it was', 'edited at 9']);
  });

  test('a change is sent after an entry offered in the same turn, also to a batching client', async () => {
    const { connection, endRead } = connect(true);
    endRead();
    await until('all entries are sent', () => transport.seqs().length === 3);
    const cached = {
      id: ROOM,
      membersVersion: 1,
      requestedId: null,
      recent: [entry(4)],
      recentBytes: 0,
    };
    const receivedAt = createFakeClock().now();
    connection.offer({ ...cached, receivedAt, members: new Map([[ME, 1]]) }, entry(4));
    connection.changed(edit(4, 9));
    expect(transport.frames.map(({ event }) => event)).toEqual([
      ...['chat:messages_received', 'chat:queue_empty'],
      ...['chat:message_received', 'chat:message_updated'],
    ]);
  });
});

describe('[D7] the cached newest entries', () => {
  let conversations: LocalConversations;
  beforeEach(() => {
    conversations = createLocalConversations({
      db: { query: () => Promise.resolve([[ROOM, 1, ME, 1, null]]) } as never,
      clock: createFakeClock(),
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
      onMissed: () => undefined,
    });
  });

  function remembered(...entries: Entry[]): Promise<(string | null)[]> {
    return new Promise((resolve) => {
      conversations.with(ROOM, 1, (conversation) => {
        conversations.remember(conversation, entries);
        resolve(conversation.recent.map(({ event }) => event.data.content_encrypted));
      });
    });
  }

  test('a cached entry is replaced by a change, but not by an older one', async () => {
    await remembered(entry(1), entry(2));
    conversations.changed(edit(2, 9));
    conversations.changed(edit(2, 8));
    expect(await remembered()).toEqual(['as it was', 'edited at 9']);
  });

  test('a cached entry is replaced by a change whose notification arrived before that of the entry', async () => {
    conversations.changed(edit(2, 9));
    expect(await remembered(entry(1), entry(2))).toEqual(['as it was', 'edited at 9']);
  });
});
