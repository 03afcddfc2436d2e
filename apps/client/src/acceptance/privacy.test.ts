/// <reference lib="dom" />
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import { until } from '@pern/testing/until';
import { type Chromium, openChromium } from './browser';
import { PASSWORD, signIn } from './persona';

let instance: Instance;
let people: People;
let chromium: Chromium;
beforeAll(async () => {
  [instance, chromium] = await Promise.all([openInstance({ worker: false }), openChromium()]);
  people = createPeople(instance);
}, 90_000);
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
