import type { Message } from '@chasqui/protocol';

/** An entry that a device was sent, once for each time it was sent. */
export interface Sighting {
  seq: number;
  id: string;
  senderId: string;
  content: string | null;
  /** On which connection of the device, from 1. */
  connection: number;
  /** Up to which seq the device had acknowledged by then. */
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
  devices: readonly { userId: string; sightings: readonly Sighting[] }[];
  /** The conversation as REST tells it at the end. */
  history: readonly Message[];
}

export interface Verdict {
  sent: number;
  stored: number;
  /** Seen on the other one's device. */
  delivered: number;
  /** Delivered or read by their status in the history. */
  deliveredByStatus: number;
  readByStatus: number;
  lost: number;
  doubled: number;
  outOfOrder: number;
  /** Sent again because they were not acknowledged when a connection ended: expected, shown once. */
  redelivered: number;
}

/** What became of the messages. Counts only what devices were sent and what the history holds. */
export function judge({ sent, devices, history }: Evidence): Verdict {
  const stored = new Set(history.map(({ id }) => id));
  const toOthers = devices.map(({ userId, sightings }) => {
    const seen = new Set(sightings.map(({ id }) => id));
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
    doubled: storedTwice(history) + sum(devices.map(({ sightings }) => shownTwice(sightings))),
    outOfOrder:
      history.filter(({ seq }, index) => seq !== index + 1).length +
      sum(devices.map(({ sightings }) => movedBack(sightings))),
    redelivered: sum(devices.map(({ sightings }) => repeats(sightings).filter(isFair).length)),
  };
}

/** Messages that a retry has stored once more. */
function storedTwice(history: readonly Message[]): number {
  const sends = history.map(
    ({ sender_id, client_message_id }) => `${sender_id} ${client_message_id}`,
  );
  return sends.length - new Set(sends).size;
}

function shownTwice(sightings: readonly Sighting[]): number {
  return repeats(sightings).filter((repeat) => !isFair(repeat)).length;
}

type Repeat = { first: Sighting; again: Sighting };

function repeats(sightings: readonly Sighting[]): Repeat[] {
  const latest = new Map<string, Sighting>();
  return sightings.flatMap((again) => {
    const first = latest.get(again.id);
    latest.set(again.id, again);
    return first === undefined ? [] : [{ first, again }];
  });
}

/** At least once on the wire: until a device has acknowledged, a new connection brings it again (D4). */
function isFair({ first, again }: Repeat): boolean {
  return again.connection > first.connection && again.seq > again.acknowledged;
}

/** Entries on a connection after a later one, and entries that come for the first time after a later one. */
function movedBack(sightings: readonly Sighting[]): number {
  const seen = new Set<string>();
  let connection = 0;
  let onConnection = 0;
  let furthest = 0;
  let back = 0;
  for (const sighting of sightings) {
    if (sighting.connection !== connection) onConnection = 0;
    connection = sighting.connection;
    const isFirst = !seen.has(sighting.id);
    if (sighting.seq < onConnection || (isFirst && sighting.seq < furthest)) back += 1;
    seen.add(sighting.id);
    onConnection = Math.max(onConnection, sighting.seq);
    furthest = Math.max(furthest, sighting.seq);
  }
  return back;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
