import { createFakeClock } from '@chasqui/testkit';
import { createPingBarrier } from './pingBarrier';

function openBarrier() {
  const clock = createFakeClock();
  const confirmed: [conversationId: string, seq: number][] = [];
  let pings = 0;
  const turn: (() => void)[] = [];
  const endTurn = (): void => {
    for (const callback of turn.splice(0)) callback();
  };
  const barrier = createPingBarrier({
    clock,
    beforeFlush: (callback) => turn.push(callback),
    ping: () => (pings += 1),
    confirmed: (conversationId, seq) => confirmed.push([conversationId, seq]),
  });
  return { barrier, clock, confirmed, endTurn, pings: () => pings };
}

test('[D4] a pong confirms what was written before its ping, and nothing that was written after it', () => {
  const { barrier, clock, confirmed, endTurn, pings } = openBarrier();
  barrier.written('a', 1);
  expect(pings()).toBe(0);
  endTurn();
  expect(pings()).toBe(1);
  barrier.written('a', 2);
  barrier.written('b', 7);
  endTurn();
  barrier.pong();
  expect(confirmed).toEqual([['a', 1]]);
  clock.advance(1_000);
  expect(pings()).toBe(2);
  barrier.pong();
  expect(confirmed).toEqual([
    ['a', 1],
    ['a', 2],
    ['b', 7],
  ]);
});

test('at most one ping is outstanding, and at most one a second is sent', () => {
  const { barrier, clock, endTurn, pings } = openBarrier();
  for (let seq = 1; seq <= 100; seq += 1) {
    barrier.written('a', seq);
    endTurn();
  }
  expect(pings()).toBe(1);
  clock.advance(5_000);
  expect(pings()).toBe(1);
  expect(barrier.waitingMs()).toBe(5_000);
  barrier.pong();
  expect(pings()).toBe(2);
  barrier.pong();
  barrier.written('a', 101);
  endTurn();
  expect(pings()).toBe(2);
  clock.advance(999);
  expect(pings()).toBe(2);
  clock.advance(1);
  expect(pings()).toBe(3);
});

test('[R4] half a window of unconfirmed entries is confirmed at once', () => {
  const { barrier, endTurn, pings } = openBarrier();
  barrier.written('a', 1);
  endTurn();
  barrier.pong();
  for (let seq = 2; seq <= 500; seq += 1) barrier.written('a', seq);
  endTurn();
  expect(pings()).toBe(1);
  barrier.written('a', 501);
  endTurn();
  expect(pings()).toBe(2);
});

test('[D4] entries of a conversation that the client left stay unconfirmed', () => {
  const { barrier, confirmed, endTurn } = openBarrier();
  barrier.written('a', 1);
  barrier.written('b', 1);
  endTurn();
  barrier.keepOnly((conversationId) => conversationId === 'b');
  barrier.pong();
  expect(confirmed).toEqual([['b', 1]]);
});

test('a pong without a ping confirms nothing', () => {
  const { barrier, confirmed, pings } = openBarrier();
  barrier.pong();
  barrier.beat();
  barrier.beat();
  expect(pings()).toBe(1);
  barrier.pong();
  barrier.pong();
  expect(confirmed).toEqual([]);
  barrier.stop();
});
