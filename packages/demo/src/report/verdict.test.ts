import { type Evidence, judge, type Reception, type StoredMessage } from './verdict';

const message = (seq: number, more: Partial<StoredMessage> = {}): StoredMessage => ({
  ...{ id: `m${seq}`, seq, sender_id: 'ana', client_message_id: `id${seq}`, status: 'read' },
  ...more,
});

const reception = (seq: number, more: Partial<Reception> = {}): Reception => ({
  ...{ seq, id: `m${seq}`, connection: 1, acknowledged: 0, at: 0 },
  ...more,
});

const shown = (...seqs: number[]) => seqs.map((seq) => ({ id: `m${seq}`, seq }));

/** Three messages from Ana to Ben. Ben's client shows each message it receives once, unless the test says otherwise. */
function evidence({
  receptions = [1, 2, 3].map((seq) => reception(seq)),
  shownByBen = shown(...new Set(receptions.map(({ seq }) => seq))),
  history = [1, 2, 3].map((seq) => message(seq)),
} = {}): Evidence {
  const sent = [1, 2, 3].map((seq) => ({
    ...{ clientMessageId: `id${seq}`, senderId: 'ana', id: `m${seq}`, seq },
  }));
  const clients = [
    { userId: 'ana', receptions: [], shown: [] },
    { userId: 'ben', receptions, shown: shownByBen },
  ];
  return { sent, clients, history };
}

describe('the verdict of the demo', () => {
  test('finds nothing when every message arrived once and in order', () => {
    expect(judge(evidence())).toEqual({
      ...{ sent: 3, stored: 3, delivered: 3, deliveredByStatus: 3, readByStatus: 3 },
      ...{ lost: 0, doubled: 0, outOfOrder: 0, redelivered: 0 },
    });
  });

  test('counts acknowledged messages as lost that were not shown or are not in the history', () => {
    const receptions = [reception(1), reception(3)];
    expect(judge(evidence({ receptions }))).toMatchObject({ lost: 1, delivered: 2 });
    expect(judge(evidence({ shownByBen: shown(1, 3) }))).toMatchObject({ lost: 1, delivered: 2 });
    const history = [message(1), message(2)];
    expect(judge(evidence({ history }))).toMatchObject({ lost: 1, stored: 2 });
  });

  test('counts messages as doubled that repeat on one connection or after their acknowledgement', () => {
    const once = [1, 2, 3].map((seq) => reception(seq));
    expect(judge(evidence({ receptions: [...once, reception(3)] }))).toMatchObject({ doubled: 1 });
    const receptions = [...once, reception(3, { connection: 2, acknowledged: 3 })];
    expect(judge(evidence({ receptions }))).toMatchObject({ doubled: 1, redelivered: 0 });
  });

  test('accepts that a new connection repeats an unacknowledged message', () => {
    const again = reception(2, { connection: 2, acknowledged: 1 });
    const receptions = [reception(1), reception(2), again, reception(3, { connection: 2 })];
    expect(judge(evidence({ receptions }))).toMatchObject({
      ...{ doubled: 0, outOfOrder: 0, redelivered: 1 },
    });
  });

  test('counts messages as doubled that are shown twice', () => {
    const shownByBen = shown(1, 2, 2, 3);
    expect(judge(evidence({ shownByBen }))).toMatchObject({ doubled: 1, outOfOrder: 0, lost: 0 });
  });

  test('counts messages as doubled that a retry stored again', () => {
    const history = [message(1), message(2), message(3), message(4, { client_message_id: 'id3' })];
    const receptions = [1, 2, 3, 4].map((seq) => reception(seq));
    expect(judge(evidence({ receptions, history }))).toMatchObject({ doubled: 1, stored: 4 });
  });

  test('counts messages as out of order that follow a later one, and gaps in the history', () => {
    const inOrder = { shownByBen: shown(1, 2, 3) };
    const swapped = [reception(2), reception(1), reception(3)];
    expect(judge(evidence({ ...inOrder, receptions: swapped }))).toMatchObject({
      ...{ outOfOrder: 1, lost: 0 },
    });
    const late = [reception(1), reception(3), reception(2, { connection: 2 })];
    expect(judge(evidence({ ...inOrder, receptions: late }))).toMatchObject({
      ...{ outOfOrder: 1, lost: 0 },
    });
    expect(judge(evidence({ shownByBen: shown(2, 1, 3) }))).toMatchObject({ outOfOrder: 1 });
    const history = [message(1), message(2), message(4, { id: 'm3' })];
    expect(judge(evidence({ history }))).toMatchObject({ outOfOrder: 1 });
  });
});
