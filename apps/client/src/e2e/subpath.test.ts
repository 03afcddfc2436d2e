/// <reference lib="dom" />
import { openChatClient } from '@chasqui/sdk';
import { type PrefixProxy, startPrefixProxy, until } from '@chasqui/testkit';
import { setUpBrowserSuite } from './support/browserSuite';
import { isStored } from './support/browserStorage';
import { signUp } from './support/clientPage';

let proxy: PrefixProxy;
afterAll(() => proxy?.close());
const suite = setUpBrowserSuite({ worker: false });
beforeAll(async () => {
  proxy = await startPrefixProxy(suite.instance.url(), '/chat');
});

test('[client] served under a path of a shared host, the page signs up, sends, and opens offline', async () => {
  const ben = await suite.people.register('ben');
  const profile = await suite.chromium.newProfile();
  const ana = await signUp(profile, `${proxy.url}/`, 'Ana');
  const { page } = ana;
  await ana.open(ben.username);
  await ana.send('below a path');
  await ana.waitForTicks('below a path', 'sent');
  const scope = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    return { scope: registration.scope, caches: await caches.keys() };
  });
  expect(scope.scope).toBe(`${proxy.url}/`);
  expect(scope.caches).toEqual([expect.stringMatching(/^chasqui-shell-\/chat\/[0-9a-f]{16}$/)]);
  // The manifest resolves to the same path, and its icons load.
  const manifest = await page.evaluate(async () => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=manifest]');
    const read = (await (await fetch(link?.href ?? '')).json()) as {
      start_url: string;
      scope: string;
      icons: { src: string }[];
    };
    const whole = (address: string): string => new URL(address, link?.href).href;
    const icons = await Promise.all(read.icons.map(({ src }) => fetch(whole(src))));
    return [whole(read.start_url), whole(read.scope), ...icons.map(({ status }) => status)];
  });
  expect(manifest).toEqual([`${proxy.url}/`, `${proxy.url}/`, 200, 200, 200, 200]);

  const content = `base64:${Buffer.from('below a path').toString('base64')}`;
  await until('the message is stored', () => isStored(page, content, 'chasqui/chat'));
  await profile.context.setOffline(true);
  await page.reload();
  await ana.message('below a path').waitFor();
  await profile.context.setOffline(false);
  await ana.waitForConnection('live');
  // No request left the path.
  expect(proxy.strayed).toEqual([]);
  expect(profile.pageErrors).toEqual([]);
  await profile.context.close();
});

test('[client] the SDK uses the path of its URL for REST and Socket.IO', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const client = await openChatClient({ url: `${proxy.url}/` });
  await client.signIn({ username: ana.username, password: ana.password });
  client.connect();
  await until('the client is live', () => client.getState().connection.state === 'live');
  const { id } = await client.createDirect(ben.id);
  await client.whenSent(await client.send(id, 'from a bot'));
  expect(await ben.history(id)).toMatchObject([{ sender_id: ana.id }]);
  await client.close();
  expect(proxy.strayed).toEqual([]);
});
