/// <reference lib="dom" />
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import { createRestClient } from '@pern/testing/restClient';
import { until } from '@pern/testing/until';
import { type Chromium, openChromium } from './support/chromium';
import { keptIn } from './support/browserStorage';
import { PASSWORD, signIn } from './support/chatPage';

let instance: Instance;
let people: People;
let chromium: Chromium;
beforeAll(async () => {
  [instance, chromium] = await Promise.all([openInstance({ worker: false }), openChromium()]);
  people = createPeople(instance);
});
afterAll(async () => {
  await chromium?.close();
  people?.leave();
  await instance?.close();
});

test('[client] whoever lost a phone signs it out, and all others with another password, by keyboard', async () => {
  const ana = await people.register('ana');
  const [here, there] = await Promise.all([chromium.profile(), chromium.profile()]);
  const { page } = await signIn(here, instance.url(), ana);
  const lost = await signIn(there, instance.url(), ana);

  await page.getByRole('button', { name: 'Account and settings' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Devices and password' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Devices and password' });
  await dialog.getByText('this device').waitFor();
  // Two browsers, and where she was registered from.
  expect(await dialog.getByRole('listitem').count()).toBe(3);
  await dialog.getByRole('button', { name: /^Sign out Chrome/ }).press('Enter');
  await dialog.getByText('is signed out.').waitFor();
  await lost.page.getByRole('button', { name: 'Sign in' }).first().waitFor();
  // Nothing to read stays on the phone.
  await until('it is empty', async () => {
    const kept = await keptIn(lost.page);
    return kept.every((one) => one.startsWith('["device"'));
  });
  await dialog.getByRole('button', { name: 'Change password' }).press('Enter');
  // The focus is where one begins, and Enter is enough.
  await page.keyboard.type('wrong horse');
  await page.keyboard.press('Tab');
  await page.keyboard.type('battery staple');
  await page.keyboard.press('Enter');
  await dialog.getByText('The current password is wrong.').waitFor();
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await dialog.getByText('The password is changed').waitFor();
  await dialog.getByRole('listitem').nth(1).waitFor({ state: 'detached' });

  const rest = createRestClient(instance.url());
  const { username } = ana;
  const login = (password: string) => ({ body: { username, password } });
  expect((await rest.refused('login', login(PASSWORD))).status).toBe(401);
  expect((await rest.call('login', login('battery staple'))).status).toBe(200);
  expect((await ana.refused('readMe')).status).toBe(401);

  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(here.complaints).toEqual([]);
  // Nothing of a session is ever in a cookie: no other site can use it.
  expect(await here.context.cookies()).toEqual([]);
  await Promise.all([here.context.close(), there.context.close()]);
});
