import { NotFoundError, RateLimitError, UnavailableError } from '@chasqui/protocol';
import { createFakeClock, until } from '@chasqui/testkit';
import * as z from 'zod';
import { createAcknowledger } from './acknowledger';
import type { ChatSocket } from '../transport/socket';

const acknowledgement = z.object({ conversationId: z.string(), seq: z.number() });

function open(has: (conversationId: string, seq: number) => boolean = () => false) {
  const clock = createFakeClock();
  const sent: string[] = [];
  const failures: Error[] = [];
  const socket: Pick<ChatSocket, 'request'> = {
    async request(_command, answer, data) {
      const { conversationId, seq } = acknowledgement.parse(data);
      sent.push(`${conversationId} ${seq}`);
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return answer.parse({});
    },
  };
  const acknowledger = createAcknowledger({ socket, clock, has });
  const frames = (id: string, from: number, to: number): void =>
    acknowledger.received(
      Array.from({ length: to - from + 1 }, (_, i) => ({ conversation_id: id, seq: from + i })),
    );
  return { acknowledger, clock, sent, failures, frames };
}

test('[D6] one acknowledgement covers all entries received within 50 ms', () => {
  const { clock, sent, frames } = open();
  frames('a', 1, 10);
  frames('b', 5, 5);
  frames('a', 11, 12);
  clock.advance(49);
  expect(sent).toEqual([]);
  clock.advance(1);
  expect(sent).toEqual(['a 12', 'b 5']);
});

test('[D4] a hundred entries are acknowledged immediately, so that the delivery window never fills', () => {
  const { sent, frames } = open();
  frames('a', 1, 250);
  expect(sent).toEqual(['a 100', 'a 200']);
});

test('[D4] a send reply ahead of its place is acknowledged only after the entries before it arrive', () => {
  const { acknowledger, clock, sent, frames } = open();
  frames('a', 1, 2);
  acknowledger.answered('a', 5);
  clock.advance(50);
  frames('a', 3, 3);
  clock.advance(50);
  frames('a', 4, 4);
  clock.advance(50);
  expect(sent).toEqual(['a 2', 'a 3', 'a 5']);
});

test('[D4] a send reply that comes first on a connection is acknowledged once nothing can precede it', () => {
  const known = new Set(['b 6']);
  const { acknowledger, clock, sent } = open((id, seq) => known.has(`${id} ${seq}`));
  acknowledger.answered('a', 1);
  acknowledger.answered('b', 7);
  acknowledger.answered('c', 9);
  clock.advance(50);
  // Entries of b before seq 7 may still be in flight.
  expect(sent).toEqual(['a 1']);
  acknowledger.drained();
  clock.advance(50);
  expect(sent).toEqual(['a 1', 'b 7']);
});

test('[D4] an acknowledgement without a reply or over a rate limit is repeated; a refused one is not', async () => {
  const { clock, sent, failures, frames } = open();
  failures.push(new UnavailableError(), new RateLimitError(1), new NotFoundError());
  frames('a', 1, 1);
  clock.advance(50);
  for (const attempts of [1, 2]) {
    await until('the retry is scheduled', () => clock.pending === 1);
    expect(sent).toHaveLength(attempts);
    clock.advance(1_000);
  }
  expect(sent).toEqual(['a 1', 'a 1', 'a 1']);
  await Promise.resolve();
  expect(clock.pending).toBe(0);
});
