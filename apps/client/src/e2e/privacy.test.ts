/// <reference lib="dom" />
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import { until } from '@pern/testing/until';
import { type Chromium, openChromium } from './support/chromium';
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

test('[client] somebody is blocked and unblocked where one writes, data are downloaded, and the account is deleted', async () => {
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ben.send(id, 'hello ana');
  const here = await chromium.profile();
  const { page, open, write } = await signIn(here, instance.url(), ana);
  await open(ben.username);
  await page.getByRole('button', { name: `Block ${ben.username}` }).click();
  await page.getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByText(`You have blocked ${ben.username}.`).waitFor();
  const refused = await ben.refused('sendMessage', {
    body: { conversation_id: id, content_encrypted: 'are you there' },
  });
  expect(refused).toMatchObject({ error: { details: { reason: 'blocked' } } });
  await page.getByRole('button', { name: 'Unblock', exact: true }).click();
  await write('hello again');
  await until('it has come', async () => (await ben.history(id)).length === 2);

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
  expect(here.complaints).toEqual([]);
});

test('[client] a block shows at once on both sides and on another device, and hides what is said in groups', async () => {
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ana.send(id, 'hello ben');
  const group = await people.group(ana, ben);
  await ben.send(group.id, 'said in the group');
  const [anas, second, bens] = [
    await chromium.profile(),
    await chromium.profile(),
    await chromium.profile(),
  ];
  const here = await signIn(anas, instance.url(), ana);
  const elsewhere = await signIn(second, instance.url(), ana);
  const there = await signIn(bens, instance.url(), ben);
  await here.open(ben.username);
  await elsewhere.open(ben.username);
  await there.open(ana.username);
  const online = there.page.locator('.chat-header').getByText('online', { exact: true });
  await online.waitFor();

  await here.page.getByRole('button', { name: `Block ${ben.username}` }).click();
  await here.page.getByRole('button', { name: 'Block', exact: true }).click();
  const mine = `You have blocked ${ben.username}.`;
  await here.page.getByText(mine).waitFor();
  await elsewhere.page.getByText(mine).waitFor();
  await there.page.getByText('One of you has blocked the other.').waitFor();
  expect(await there.page.getByText(mine).count()).toBe(0);
  expect(await online.count()).toBe(0);
  expect(await there.page.getByText('last seen').count()).toBe(0);

  await here.open('a group');
  await here.page.getByText('Message of somebody you blocked').waitFor();
  expect(await here.page.locator('.message').getByText('said in the group').count()).toBe(0);
  await here.page.getByRole('button', { name: 'Show', exact: true }).click();
  await here.page.locator('.message').getByText('said in the group').waitFor();

  await elsewhere.page.getByRole('button', { name: 'Unblock', exact: true }).click();
  await online.waitFor();
  await there.write('hello again');
  await until('it has come', async () => (await ana.history(id)).length === 2);
  await here.open(ben.username);
  await here.page.getByText('hello again').last().waitFor();
  for (const { complaints } of [anas, second, bens]) expect(complaints).toEqual([]);
}, 60_000);

test('[client] the conversation with a deleted account says why nothing can be said, at once, after a reload, and where one was away', async () => {
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ana.send(id, 'hello ben');
  const [here, away] = [await chromium.profile(), await chromium.profile()];
  const bens = await signIn(here, instance.url(), ben);
  const later = await signIn(away, instance.url(), ben);
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
