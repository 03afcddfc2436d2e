/// <reference lib="dom" />
import { createRestClient, until } from '@chasqui/testkit';
import { setUpBrowserSuite } from './support/browserSuite';
import { storedIn } from './support/browserStorage';
import { PASSWORD, signIn } from './support/clientPage';

const suite = setUpBrowserSuite({ worker: false });

test('[client] a user signs out a lost phone, and all other devices by changing the password, by keyboard', async () => {
  const ana = await suite.people.register('ana');
  const [here, there] = await Promise.all([
    suite.chromium.newProfile(),
    suite.chromium.newProfile(),
  ]);
  const { page } = await signIn(here, suite.instance.url(), ana);
  const lost = await signIn(there, suite.instance.url(), ana);

  await page.getByRole('button', { name: 'Account and settings' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Devices and password' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Devices and password' });
  await dialog.getByText('this device').waitFor();
  // Two browsers and the session of the registration.
  expect(await dialog.getByRole('listitem').count()).toBe(3);
  await dialog.getByRole('button', { name: /^Sign out Chrome/ }).press('Enter');
  await dialog.getByText('was signed out.').waitFor();
  await lost.page.getByRole('button', { name: 'Sign in' }).first().waitFor();
  // No messages remain on the phone.
  await until('its storage is empty', async () => {
    const entries = await storedIn(lost.page);
    return entries.every((one) => one.startsWith('["device"'));
  });
  await dialog.getByRole('button', { name: 'Change password' }).press('Enter');
  // The first field has the focus, and Enter submits.
  await page.keyboard.type('wrong horse');
  await page.keyboard.press('Tab');
  await page.keyboard.type('battery staple');
  await page.keyboard.press('Enter');
  await dialog.getByText('The current password is wrong.').waitFor();
  await dialog.getByLabel('Current password').fill(PASSWORD);
  await page.keyboard.press('Enter');
  await dialog.getByText('Password changed').waitFor();
  await dialog.getByRole('listitem').nth(1).waitFor({ state: 'detached' });

  const rest = createRestClient(suite.instance.url());
  const { username } = ana;
  const login = (password: string) => ({ body: { username, password } });
  expect((await rest.refused('login', login(PASSWORD))).status).toBe(401);
  expect((await rest.call('login', login('battery staple'))).status).toBe(200);
  expect((await ana.refused('readMe')).status).toBe(401);

  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(here.pageErrors).toEqual([]);
  // Sessions never use cookies, so other sites cannot ride on them.
  expect(await here.context.cookies()).toEqual([]);
  await Promise.all([here.context.close(), there.context.close()]);
});
