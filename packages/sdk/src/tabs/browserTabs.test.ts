import { createLocks } from '../testing/locks';
import { createFakeClock, until } from '@chasqui/testkit';
import { createBrowserTabs } from './browserTabs';

const channel = {
  postMessage: () => undefined,
  addEventListener: () => undefined,
  close: () => undefined,
};

test('when the leading tab closes, another one leads, but not one that gave up waiting', async () => {
  const locks = createLocks();
  const leads: string[] = [];
  const open = (name: string) => {
    const tabs = createBrowserTabs('one', locks, channel);
    const giveUp = tabs.lead(() => leads.push(name));
    return { tabs, giveUp };
  };
  const [first, second, third] = [open('first'), open('second'), open('third')];
  await until('one leads', () => leads.length > 0);
  second.giveUp();
  await third.tabs.exclusively('something else', () => Promise.resolve());
  expect(leads).toEqual(['first']);
  first.tabs.close();
  await until('another leads', () => leads.length > 1);
  expect(leads).toEqual(['first', 'third']);
});

test('exclusive work runs in one tab at a time, also after a failure', async () => {
  const locks = createLocks();
  const tabs = [1, 2, 3].map(() => createBrowserTabs('one', locks, channel));
  let inside = 0;
  const results = await Promise.allSettled(
    tabs.map((tab, i) =>
      tab.exclusively('work', async () => {
        inside += 1;
        await Promise.resolve();
        expect(inside).toBe(1);
        inside -= 1;
        if (i === 0) throw new Error('failed');
        return i;
      }),
    ),
  );
  expect(results).toMatchObject([{ status: 'rejected' }, { value: 1 }, { value: 2 }]);
});

test.each<[string, () => Promise<never>]>([
  ['never grants', () => new Promise(() => undefined)],
  ['refuses', () => Promise.reject(new Error('not here'))],
])(
  'in a browser that %s locks, each tab leads and runs its own work serially',
  async (_, request) => {
    const clock = createFakeClock();
    const tabs = createBrowserTabs('one', { request }, channel, clock);
    let leads = 0;
    tabs.lead(() => (leads += 1));
    const order: string[] = [];
    const work = Promise.all(
      ['first', 'second'].map((name) =>
        tabs.exclusively('work', async () => void order.push(name)),
      ),
    );
    clock.advance(3_000);
    await work;
    await until('it leads', () => leads === 1);
    expect(order).toEqual(['first', 'second']);
  },
);

test('after 30 seconds a tab no longer waits for the lock of a hung tab', async () => {
  const [clock, locks] = [createFakeClock(), createLocks()];
  const [hung, tab] = [1, 2].map(() => createBrowserTabs('one', locks, channel, clock));
  let isHeld = false;
  void hung?.exclusively('work', () => {
    isHeld = true;
    return new Promise(() => undefined);
  });
  await until('it is held', () => isHeld);
  let isDone = false;
  const done = tab?.exclusively('work', async () => void (isDone = true));
  await until('it waits', () => clock.pending === 1);
  clock.advance(29_999);
  expect(isDone).toBe(false);
  clock.advance(1);
  await done;
  expect(isDone).toBe(true);
});
