import { type Session as SessionAnswer, UnauthorizedError } from '@chasqui/protocol';
import { createFakeClock } from '@chasqui/testkit';
import { createLocks } from '../testing/locks';
import { OfflineError, SignedOutError } from '../errors';
import { createMemoryStorage } from '../storage/memoryStorage';
import { createBrowserTabs } from '../tabs/browserTabs';
import { openSession } from './session';

const user = {
  ...{ id: '0198a000-0000-7000-8000-00000000000a', username: 'ana', display_name: 'Ana' },
  ...{ created_at: '2026-01-01T00:00:00.000Z', presence: null },
};

const answer = (n: number): SessionAnswer => ({
  ...{ user, token_type: 'Bearer', expires_in: 900 },
  ...{ access_token: `access ${n}`, refresh_token: `refresh ${n}` },
});

/** Tabs signed in with the first token pair, and a server that rotates it. */
async function openTabs(count: number) {
  const clock = createFakeClock();
  const [storage, locks] = [createMemoryStorage(), createLocks()];
  const refreshes: unknown[] = [];
  const failures: Error[] = [];
  let refusals = 0;
  const channel = { postMessage: () => undefined, addEventListener: () => undefined };
  const open = () =>
    openSession({
      ...{ storage, clock },
      tabs: createBrowserTabs('one', locks, { ...channel, close: () => undefined }),
      async renew({ refresh_token }) {
        refreshes.push({ refresh_token });
        const failure = failures.shift();
        if (failure !== undefined) throw failure;
        return answer(refreshes.length + 1);
      },
      onRefused: () => void (refusals += 1),
    });
  const first = await open();
  await first.begin(answer(1));
  const others = await Promise.all(Array.from({ length: count - 1 }, open));
  return {
    clock,
    storage,
    refreshes,
    failures,
    tabs: [first, ...others],
    refusals: () => refusals,
  };
}

test('concurrent requests in several tabs refresh an expiring token once', async () => {
  const { clock, refreshes, tabs } = await openTabs(3);
  clock.advance(839_999);
  expect(await tabs[0]?.accessToken()).toBe('access 1');
  clock.advance(1);
  const calls = tabs.flatMap((tab) => [1, 2, 3].map(() => tab.accessToken()));
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['access 2']));
  expect(refreshes).toEqual([{ refresh_token: 'refresh 1' }]);
});

test('a token rejected in several concurrent requests is replaced once', async () => {
  const { refreshes, tabs } = await openTabs(2);
  const calls = tabs.flatMap((tab) => [1, 2].map(() => tab.accessTokenInsteadOf('access 1')));
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['access 2']));
  expect(await tabs[1]?.accessTokenInsteadOf('access 1')).toBe('access 2');
  expect(refreshes).toHaveLength(1);
});

test('an unreachable server keeps the session; a refused refresh ends it once', async () => {
  const { clock, storage, failures, tabs, refusals } = await openTabs(1);
  const [session] = tabs;
  if (session === undefined) throw new Error('there is no session');
  clock.advance(900_000);
  failures.push(new OfflineError(), new UnauthorizedError());
  await expect(session.accessToken()).rejects.toThrow(OfflineError);
  expect(session.user()).toEqual(user);
  const calls = await Promise.allSettled([session.accessToken(), session.accessToken()]);
  expect(
    calls.map((call) => call.status === 'rejected' && call.reason instanceof SignedOutError),
  ).toEqual([true, true]);
  expect(refusals()).toBe(1);
  expect(session.user()).toBeNull();
  expect(await storage.get('session')).toBeUndefined();
});
