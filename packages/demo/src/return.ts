import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './bounded';
import type { Device } from './device';
import type { Outbox } from './outbox';
import type { Cast, Player } from './players';

export interface Drain {
  /** What came, each counted as often as it came. */
  messages: number;
  /** From the first step of the connection to the last message. */
  ms: number;
}

const WITHIN_MS = 60_000;

/** Connects the device and waits until it has its backlog, and the server its acknowledgement. */
export async function returnOf(device: Device, sender: Outbox): Promise<Drain> {
  const known = device.sightings.length;
  const since = performance.now();
  device.connect();
  await eventually('the backlog has been sent', WITHIN_MS, () => device.backlog());
  const last = sender.lastSeq();
  // What does not come is lost, and the table will say so.
  const arrived = () => (device.sightings.some(({ seq }) => seq >= last) ? true : undefined);
  await eventually('the last message has arrived', 15_000, arrived).catch(() => undefined);
  const came = device.sightings.slice(known);
  const upTo = Math.max(0, ...came.map(({ seq }) => seq));
  await eventually('the acknowledgement has arrived', WITHIN_MS, () =>
    device.acknowledged() >= upTo ? true : undefined,
  );
  return { messages: came.length, ms: (came.at(-1)?.at ?? performance.now()) - since };
}

/** Both read everything, and Ana's device is told that Ben has. */
export async function readAll({ ana, ben, conversationId }: Cast): Promise<void> {
  for (const player of [ana, ben]) {
    await eventually(`${player.person.username} has read all`, WITHIN_MS, async () => {
      const seq = Math.max(ana.outbox.lastSeq(), ben.outbox.lastSeq());
      return (await player.device.read({ conversationId, seq })) || undefined;
    });
  }
  await eventually('Ana is told that Ben has read all', WITHIN_MS, () => isTold(ana, ben));
}

function isTold(author: Player, reader: Player): true | undefined {
  const told = author.device.receipts.some(
    ({ userId, status, seq }) =>
      userId === reader.person.id && status === 'read' && seq >= author.outbox.lastSeq(),
  );
  return told || undefined;
}

// Long enough for whatever somebody still meant to send: a retry of the queue among others.
const QUIET_MS = 1_000;

/** Disconnects and connects once more; resolves to how many messages that brings. */
export async function reconnect(device: Device): Promise<number> {
  device.disconnect();
  const known = device.sightings.length;
  const before = device.connections();
  device.connect();
  await eventually('a second reconnect has its queue_empty', WITHIN_MS, () =>
    device.connections() > before ? device.backlog() : undefined,
  );
  await delay(QUIET_MS);
  return device.sightings.length - known;
}
