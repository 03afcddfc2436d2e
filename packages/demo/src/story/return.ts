import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../bounded';
import type { Cast, Player } from '../people/cast';
import type { Person } from '../people/person';

export interface Drain {
  /** Received messages, repeated ones included. */
  messages: number;
  /** From the start of the connection to the last message. */
  ms: number;
}

const WITHIN_MS = 60_000;

/** Reconnects a person; resolves when the backlog has arrived and the server has the acknowledgement. */
export async function returnOf({ client, wire, shown }: Person, lastSeq: number): Promise<Drain> {
  const known = wire.receptions.length;
  const since = performance.now();
  await connectAndDrain({ client, wire });
  // A message that does not arrive is lost; the table will show it.
  await eventually('receiving the last message', 15_000, () =>
    shown.some(({ seq }) => seq >= lastSeq) ? true : undefined,
  ).catch(() => undefined);
  const received = wire.receptions.slice(known);
  const upTo = Math.max(0, ...received.map(({ seq }) => seq));
  await eventually('acknowledging the backlog', WITHIN_MS, () =>
    wire.acknowledged() >= upTo ? true : undefined,
  );
  return { messages: received.length, ms: (received.at(-1)?.at ?? performance.now()) - since };
}

async function connectAndDrain({ client, wire }: Pick<Person, 'client' | 'wire'>): Promise<void> {
  const before = wire.connections();
  client.connect();
  await eventually('receiving the backlog', WITHIN_MS, () =>
    wire.connections() > before && wire.isDrained() ? true : undefined,
  );
}

/** Both read everything; resolves when each client shows that the other has read it. */
export async function readAll({ ana, ben, conversationId }: Cast): Promise<void> {
  const seq = Math.max(ana.sender.lastSeq(), ben.sender.lastSeq());
  for (const { client } of [ana, ben]) client.markRead(conversationId, seq);
  const hasRead = (author: Player, reader: Player): true | undefined =>
    author.client
      .getState()
      .conversationsById[conversationId]?.participants.some(
        ({ user_id: id, read_seq: read }) => id === reader.id && read >= author.sender.lastSeq(),
      )
      ? true
      : undefined;
  await eventually('showing Ana that Ben has read all', WITHIN_MS, () => hasRead(ana, ben));
  await eventually('showing Ben that Ana has read all', WITHIN_MS, () => hasRead(ben, ana));
}

// Long enough for any late repetition, for example by a retry of the queue.
const QUIET_MS = 1_000;

/** Disconnects and connects once more; resolves to the number of messages received. */
export async function reconnect({ client, wire }: Person): Promise<number> {
  client.disconnect();
  const known = wire.receptions.length;
  await connectAndDrain({ client, wire });
  await delay(QUIET_MS);
  return wire.receptions.length - known;
}
