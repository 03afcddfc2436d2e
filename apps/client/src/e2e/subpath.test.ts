/// <reference lib="dom" />
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import { type PrefixProxy, startPrefixProxy } from '@pern/testing/prefixProxy';
import { until } from '@pern/testing/until';
import { openChatClient } from '@pern/sdk/openChatClient';
import { type Chromium, openChromium } from './support/chromium';
import { isKept } from './support/browserStorage';
import { signUp } from './support/chatPage';

let instance: Instance;
let people: People;
let chromium: Chromium;
let proxy: PrefixProxy;
beforeAll(async () => {
  [instance, chromium] = await Promise.all([openInstance({ worker: false }), openChromium()]);
  people = createPeople(instance);
  proxy = await startPrefixProxy(instance.url(), '/chat');
});
afterAll(async () => {
  await proxy?.close();
  await chromium?.close();
  people?.leave();
  await instance?.close();
});

test('[client] below a path of somebody else’s host the page signs up, sends, and opens without a network', async () => {
  const ben = await people.register('ben');
  const profile = await chromium.profile();
  const ana = await signUp(profile, `${proxy.url}/`, 'Ana');
  const { page } = ana;
  await ana.open(ben.username);
  await ana.write('below a path');
  await ana.ticks('below a path', 'sent');
  const scope = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    return { scope: registration.scope, caches: await caches.keys() };
  });
  expect(scope.scope).toBe(`${proxy.url}/`);
  expect(scope.caches).toEqual([expect.stringMatching(/^chasqui-shell-\/chat\/[0-9a-f]{16}$/)]);
  // An installed app opens there as well, and its icons are found.
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
  await until('it is kept', () => isKept(page, content, 'chasqui/chat'));
  await profile.context.setOffline(true);
  await page.reload();
  await ana.message('below a path').waitFor();
  await profile.context.setOffline(false);
  await ana.connection('live');
  // Nothing was asked of what else is on that host.
  expect(proxy.strayed).toEqual([]);
  expect(profile.complaints).toEqual([]);
  await profile.context.close();
});

test('[client] the client library uses the path of its address for REST and for Socket.IO', async () => {
  const { ana, ben } = await people.cast('ana', 'ben');
  const client = await openChatClient({ url: `${proxy.url}/` });
  await client.signIn({ username: ana.username, password: ana.password });
  client.connect();
  await until('it is live', () => client.getState().connection.state === 'live');
  const { id } = await client.createDirect(ben.id);
  await client.whenSent(await client.send(id, 'from a bot'));
  expect(await ben.history(id)).toMatchObject([{ sender_id: ana.id }]);
  await client.close();
  expect(proxy.strayed).toEqual([]);
});
