/// <reference lib="dom" />
import { until } from '@chasqui/testkit';
import { setUpBrowserSuite } from './support/browserSuite';
import { clientPage } from './support/clientPage';
import { openDirectChat } from './support/directChat';

const suite = setUpBrowserSuite({ worker: false });

test('[client] a browser that wrongly reports being offline connects, sends, and reconnects after a server crash', async () => {
  const { profile, ana, texts } = await openDirectChat(suite, (profile) =>
    profile.context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false });
    }),
  );
  await ana.send('through the VPN');
  await ana.waitForTicks('through the VPN', 'sent');
  // A further `offline` event, with no `online` event after it, changes nothing.
  await ana.page.evaluate(() => dispatchEvent(new Event('offline')));
  await ana.send('still there');
  await ana.waitForTicks('still there', 'sent');
  await ana.waitForConnection('live');
  const [server] = suite.instance.nodes;
  await server?.program.kill();
  await ana.waitForConnection('offline');
  await ana.send('meanwhile');
  await server?.restart();
  await ana.waitForTicks('meanwhile', 'sent');
  expect(await texts()).toEqual(['through the VPN', 'still there', 'meanwhile']);
  // A page that opens in this state connects as well.
  const second = clientPage(await profile.openTab(ana.page.url()), 'Ana');
  await second.waitForConnection('live');
  expect(profile.pageErrors).toEqual([]);
  await profile.context.close();
});

test('[client] a browser that never reports being online again reconnects', async () => {
  const { profile, ana } = await openDirectChat(suite, (profile) =>
    profile.context.addInitScript(() => {
      addEventListener('online', (event) => event.stopImmediatePropagation(), { capture: true });
    }),
  );
  await profile.context.setOffline(true);
  await ana.waitForConnection('offline');
  await ana.send('later');
  await ana.waitForTicks('later', 'pending');
  await profile.context.setOffline(false);
  await ana.waitForTicks('later', 'sent');
  await until('the connection is live', async () =>
    ana.page.locator('[data-connection="live"]').first().isVisible(),
  );
  await profile.context.close();
});

/** Scripts that break storage before the page loads. */
const brokenStorage: Record<string, () => void> = {
  'an IndexedDB that never responds': () => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  },
  'an IndexedDB that opens and never reads': () => {
    IDBObjectStore.prototype.get = () => new EventTarget() as IDBRequest<unknown>;
  },
  'an IndexedDB that is full': () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  },
  'no IndexedDB': () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }),
};

test.each(Object.entries(brokenStorage))(
  '[client] with %s the page opens, sends, and says that it stores nothing',
  async (_, script) => {
    const { profile, ana } = await openDirectChat(suite, (profile) =>
      profile.context.addInitScript(script),
    );
    await ana.send('from memory');
    await ana.waitForTicks('from memory', 'sent');
    const second = await profile.openTab(suite.instance.url());
    await second.getByText('Chasqui cannot store data in this browser').waitFor();
    await profile.context.close();
  },
);

/** Scripts that break other APIs. The page works without them and still stores its data. */
const brokenApis: Record<string, () => void> = {
  'a localStorage that throws': () =>
    Object.defineProperty(globalThis, 'localStorage', {
      get: () => {
        throw new DOMException('refused', 'SecurityError');
      },
    }),
  'a service worker that is never ready': () => {
    ServiceWorkerContainer.prototype.register = () => new Promise(() => undefined);
  },
  'Web Locks that are never granted': () => {
    LockManager.prototype.request = () => new Promise(() => undefined);
  },
  'no Web Locks': () => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }),
  'no BroadcastChannel': () =>
    Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined }),
};

test.each(Object.entries(brokenApis))(
  '[client] with %s the page opens, sends from each tab, and stays signed in',
  async (_, script) => {
    const { profile, ana } = await openDirectChat(suite, (profile) =>
      profile.context.addInitScript(script),
    );
    await ana.send('first tab');
    await ana.waitForTicks('first tab', 'sent');
    const second = clientPage(await profile.openTab(ana.page.url()), 'Ana');
    await second.waitForConnection('live');
    await second.send('second tab');
    await second.waitForTicks('second tab', 'sent');
    await ana.message('second tab').waitFor();
    await profile.context.close();
  },
);
