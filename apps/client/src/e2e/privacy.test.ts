/// <reference lib="dom" />
import { until } from '@chasqui/testkit';
import { setUpBrowserSuite } from './support/browserSuite';
import { PASSWORD, signIn } from './support/clientPage';

const suite = setUpBrowserSuite({ worker: false });

test('[client] a user blocks and unblocks someone, downloads their data, and deletes the account', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  await ben.send(id, 'hello ana');
  const here = await suite.chromium.newProfile();
  const { page, open, send } = await signIn(here, suite.instance.url(), ana);
  await open(ben.username);
  await page.getByRole('button', { name: `Block ${ben.username}` }).click();
  await page.getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByText(`You blocked ${ben.username}.`).waitFor();
  const refused = await ben.refused('sendMessage', {
    body: { conversation_id: id, content_encrypted: 'are you there' },
  });
  expect(refused).toMatchObject({ error: { details: { reason: 'blocked' } } });
  await page.getByRole('button', { name: 'Unblock', exact: true }).click();
  await send('hello again');
  await until('the message has arrived', async () => (await ben.history(id)).length === 2);

  await page.getByRole('button', { name: 'Account and settings' }).click();
  await page.getByRole('menuitem', { name: 'Your data' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download a copy' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('chasqui-export.ndjson');
  await page.getByRole('button', { name: 'Delete account…' }).click();
  await page.getByRole('dialog').getByLabel('Password').fill('wrong horse');
  await page.getByRole('button', { name: 'Delete account', exact: true }).click();
  await page.getByText('The password is wrong.').waitFor();
  await page.getByRole('dialog').getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Delete account', exact: true }).click();
  await page.getByRole('button', { name: 'Sign in' }).first().waitFor();
  const { body } = await ben.call('readUser', { params: { id: ana.id } });
  expect(body.display_name).toBe('Deleted account');
  expect(here.pageErrors).toEqual([]);
});

test('[client] a block shows immediately on both sides and other devices, and folds messages in groups', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  await ana.send(id, 'hello ben');
  const group = await suite.people.group(ana, ben);
  await ben.send(group.id, 'said in the group');
  const [anas, second, bens] = [
    await suite.chromium.newProfile(),
    await suite.chromium.newProfile(),
    await suite.chromium.newProfile(),
  ];
  const here = await signIn(anas, suite.instance.url(), ana);
  const elsewhere = await signIn(second, suite.instance.url(), ana);
  const there = await signIn(bens, suite.instance.url(), ben);
  await here.open(ben.username);
  await elsewhere.open(ben.username);
  await there.open(ana.username);
  const online = there.page.locator('.chat-header').getByText('online', { exact: true });
  await online.waitFor();

  await here.page.getByRole('button', { name: `Block ${ben.username}` }).click();
  await here.page.getByRole('button', { name: 'Block', exact: true }).click();
  const mine = `You blocked ${ben.username}.`;
  await here.page.getByText(mine).waitFor();
  await elsewhere.page.getByText(mine).waitFor();
  await there.page.getByText('One of you has blocked the other.').waitFor();
  expect(await there.page.getByText(mine).count()).toBe(0);
  expect(await online.count()).toBe(0);
  expect(await there.page.getByText('last seen').count()).toBe(0);

  await here.open('a group');
  await here.page.getByText('Message from someone you blocked').waitFor();
  expect(await here.page.locator('.message').getByText('said in the group').count()).toBe(0);
  await here.page.getByRole('button', { name: 'Show', exact: true }).click();
  await here.page.locator('.message').getByText('said in the group').waitFor();

  await elsewhere.page.getByRole('button', { name: 'Unblock', exact: true }).click();
  await online.waitFor();
  await there.send('hello again');
  await until('the message has arrived', async () => (await ana.history(id)).length === 2);
  await here.open(ben.username);
  await here.page.getByText('hello again').last().waitFor();
  for (const { pageErrors } of [anas, second, bens]) expect(pageErrors).toEqual([]);
}, 60_000);

test('[client] a conversation with a deleted account says why it is closed, immediately, after a reload, and on a device that was offline', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  await ana.send(id, 'hello ben');
  const [here, away] = [await suite.chromium.newProfile(), await suite.chromium.newProfile()];
  const bens = await signIn(here, suite.instance.url(), ben);
  const later = await signIn(away, suite.instance.url(), ben);
  await bens.open(ana.username);
  await later.open(ana.username);
  await later.page.context().setOffline(true);
  await ana.call('deleteMe', { body: { password: ana.password } });
  const reason = 'This account was deleted.';
  await bens.page.getByText(reason).waitFor();
  expect(await bens.page.getByRole('textbox', { name: 'Message' }).count()).toBe(0);
  await bens.page.reload();
  await bens.page.getByText(reason).waitFor();
  await later.page.context().setOffline(false);
  await later.page.getByText(reason).waitFor();
  expect(await later.page.getByRole('textbox', { name: 'Message' }).count()).toBe(0);
}, 60_000);
