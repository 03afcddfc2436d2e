import type { Message } from '@chasqui/protocol';
import { judge, type Evidence, type Sighting } from './verdict';

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `m${seq}`,
  conversation_id: 'c',
  seq,
  version: seq,
  kind: 'message',
  sender_id: 'ana',
  client_message_id: `id${seq}`,
  message_type: 'text',
  content_encrypted: 'x',
  reply_to_id: null,
  created_at: '2026-01-01T00:00:00.000Z',
  edited_at: null,
  deleted_at: null,
  reactions: [],
  status: 'read',
  ...more,
});

const sighting = (seq: number, more: Partial<Sighting> = {}): Sighting => ({
  seq,
  id: `m${seq}`,
  senderId: 'ana',
  content: 'x',
  connection: 1,
  acknowledged: 0,
  at: 0,
  ...more,
});

/** Three messages from Ana that Ben was sent as told. */
function evidence(sightings: Sighting[], history = [1, 2, 3].map((seq) => message(seq))): Evidence {
  const sent = [1, 2, 3].map((seq) => ({
    clientMessageId: `id${seq}`,
    senderId: 'ana',
    id: `m${seq}`,
    seq,
  }));
  const devices = [
    { userId: 'ana', sightings: [] },
    { userId: 'ben', sightings },
  ];
  return { sent, devices, history };
}

describe('the verdict of the demo', () => {
  test('finds nothing where everything arrived once and in order', () => {
    expect(judge(evidence([1, 2, 3].map((seq) => sighting(seq))))).toEqual({
      ...{ sent: 3, stored: 3, delivered: 3, deliveredByStatus: 3, readByStatus: 3 },
      ...{ lost: 0, doubled: 0, outOfOrder: 0, redelivered: 0 },
    });
  });

  test('counts as lost what was acknowledged and never came, or is not in the history', () => {
    expect(judge(evidence([sighting(1), sighting(3)]))).toMatchObject({ lost: 1, delivered: 2 });
    const history = [message(1), message(2)];
    const all = [1, 2, 3].map((seq) => sighting(seq));
    expect(judge(evidence(all, history))).toMatchObject({ lost: 1, stored: 2 });
  });

  test('counts as doubled what comes again on one connection or after its acknowledgement', () => {
    const once = [1, 2, 3].map((seq) => sighting(seq));
    expect(judge(evidence([...once, sighting(3)]))).toMatchObject({ doubled: 1 });
    const later = sighting(3, { connection: 2, acknowledged: 3 });
    expect(judge(evidence([...once, later]))).toMatchObject({ doubled: 1, redelivered: 0 });
  });

  test('lets a new connection bring what was not acknowledged', () => {
    const again = sighting(2, { connection: 2, acknowledged: 1 });
    const sightings = [sighting(1), sighting(2), again, sighting(3, { connection: 2 })];
    expect(judge(evidence(sightings))).toMatchObject({ doubled: 0, outOfOrder: 0, redelivered: 1 });
  });

  test('counts as doubled what a retry has stored once more', () => {
    const history = [message(1), message(2), message(3), message(4, { client_message_id: 'id3' })];
    const sightings = [1, 2, 3, 4].map((seq) => sighting(seq));
    expect(judge(evidence(sightings, history))).toMatchObject({ doubled: 1, stored: 4 });
  });

  test('counts as out of order what comes after a later one, and gaps in the history', () => {
    const swapped = [sighting(2), sighting(1), sighting(3)];
    expect(judge(evidence(swapped))).toMatchObject({ outOfOrder: 1, lost: 0 });
    const late = [sighting(1), sighting(3), sighting(2, { connection: 2 })];
    expect(judge(evidence(late))).toMatchObject({ outOfOrder: 1, lost: 0 });
    const gap = [message(1), message(2), message(4, { id: 'm3' })];
    const all = [1, 2, 3].map((seq) => sighting(seq));
    expect(judge(evidence(all, gap))).toMatchObject({ outOfOrder: 1 });
  });
});
