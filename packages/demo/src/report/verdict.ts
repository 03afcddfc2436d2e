/** An entry that a client received on the wire, once for each time it was received. */
export interface Reception {
  seq: number;
  id: string;
  /** The number of the client's connection, from 1. */
  connection: number;
  /** The seq up to which the client had acknowledged by then. */
  acknowledged: number;
  /** When, by the monotonic clock, milliseconds. */
  at: number;
}

/** A send that the server has acknowledged. */
export interface Acknowledged {
  clientMessageId: string;
  senderId: string;
  id: string;
  seq: number;
}

export interface Evidence {
  sent: readonly Acknowledged[];
  clients: readonly {
    userId: string;
    receptions: readonly Reception[];
    /** Messages of others that the client reported to the application, in order. */
    shown: readonly { id: string; seq: number }[];
  }[];
  /** The conversation by REST at the end. */
  history: readonly StoredMessage[];
}

export interface StoredMessage {
  id: string;
  seq: number;
  sender_id: string;
  client_message_id: string | null;
  status: 'sent' | 'delivered' | 'read';
}

export interface Verdict {
  sent: number;
  stored: number;
  /** Shown by the recipient's client. */
  delivered: number;
  /** Delivered or read by their status in the history. */
  deliveredByStatus: number;
  readByStatus: number;
  lost: number;
  doubled: number;
  outOfOrder: number;
  /** Sent again because they were unacknowledged when a connection ended: expected, and shown once. */
  redelivered: number;
}

/** Judges the outcome only by what clients received and showed and what the history contains. */
export function judge({ sent, clients, history }: Evidence): Verdict {
  const stored = new Set(history.map(({ id }) => id));
  const toOthers = clients.map(({ userId, shown }) => {
    const seen = new Set(shown.map(({ id }) => id));
    const due = sent.filter(({ senderId }) => senderId !== userId);
    return {
      got: due.filter(({ id }) => seen.has(id)),
      missed: due.filter(({ id }) => !seen.has(id)),
    };
  });
  const lost = new Set(toOthers.flatMap(({ missed }) => missed.map(({ id }) => id)));
  for (const { id } of sent) if (!stored.has(id)) lost.add(id);

  return {
    sent: sent.length,
    stored: history.length,
    delivered: sum(toOthers.map(({ got }) => got.length)),
    deliveredByStatus: history.filter(({ status }) => status !== 'sent').length,
    readByStatus: history.filter(({ status }) => status === 'read').length,
    lost: lost.size,
    doubled:
      storedTwice(history) +
      sum(clients.map(({ receptions }) => repeats(receptions).filter(not(isExpected)).length)) +
      sum(clients.map(({ shown }) => shown.length - new Set(shown.map(({ id }) => id)).size)),
    outOfOrder:
      history.filter(({ seq }, index) => seq !== index + 1).length +
      sum(clients.map(({ receptions }) => movedBack(receptions))) +
      sum(clients.map(({ shown }) => stepsBack(shown.map(({ seq }) => seq)))),
    redelivered: sum(
      clients.map(({ receptions }) => repeats(receptions).filter(isExpected).length),
    ),
  };
}

/** Counts messages that a retry has stored again. */
function storedTwice(history: readonly StoredMessage[]): number {
  const sends = history.map(
    ({ sender_id, client_message_id }) => `${sender_id} ${client_message_id}`,
  );
  return sends.length - new Set(sends).size;
}

type Repeat = { first: Reception; again: Reception };

function repeats(receptions: readonly Reception[]): Repeat[] {
  const latest = new Map<string, Reception>();
  return receptions.flatMap((again) => {
    const first = latest.get(again.id);
    latest.set(again.id, again);
    return first === undefined ? [] : [{ first, again }];
  });
}

/** At least once on the wire: until a client has acknowledged a message, a new connection resends it (D4). */
function isExpected({ first, again }: Repeat): boolean {
  return again.connection > first.connection && again.seq > again.acknowledged;
}

/** Counts entries received after a later one of the same connection, and new entries after a later one. */
function movedBack(receptions: readonly Reception[]): number {
  const seen = new Set<string>();
  let connection = 0;
  let onConnection = 0;
  let furthest = 0;
  let back = 0;
  for (const reception of receptions) {
    if (reception.connection !== connection) onConnection = 0;
    connection = reception.connection;
    const isFirst = !seen.has(reception.id);
    if (reception.seq < onConnection || (isFirst && reception.seq < furthest)) back += 1;
    seen.add(reception.id);
    onConnection = Math.max(onConnection, reception.seq);
    furthest = Math.max(furthest, reception.seq);
  }
  return back;
}

/** Counts numbers that are lower than their predecessor. */
function stepsBack(seqs: readonly number[]): number {
  return seqs.filter((seq, i) => seq < (seqs[i - 1] ?? 0)).length;
}

const not =
  <T>(test: (value: T) => boolean) =>
  (value: T): boolean =>
    !test(value);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
