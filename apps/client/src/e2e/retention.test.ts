/// <reference lib="dom" />
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import { until } from '@pern/testing/until';
import { type Chromium, openChromium } from './support/chromium';
import { signIn } from './support/chatPage';

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

test('[client] either of two sets how long messages stay, and both see it at once', async () => {
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ana.send(id, 'hello ben');
  const [anas, bens] = [await chromium.profile(), await chromium.profile()];
  const here = await signIn(anas, instance.url(), ana);
  const there = await signIn(bens, instance.url(), ben);
  await here.open(ben.username);
  await there.open(ana.username);

  await there.page.getByRole('button', { name: 'Disappearing messages: off' }).click();
  await there.page.getByRole('dialog').getByLabel('Messages disappear after').selectOption('1 day');
  await here.page.getByRole('button', { name: 'Messages disappear after 1 day' }).click();
  expect((await ana.conversation(id)).retention_s).toBe(86_400);
  const mine = here.page.getByRole('dialog').getByLabel('Messages disappear after');
  expect(await mine.inputValue()).toBe('86400');
  await mine.selectOption('Off');
  await until('it is off again', async () => (await ben.conversation(id)).retention_s === null);
  await there.page.keyboard.press('Escape');
  await there.page.getByRole('button', { name: 'Disappearing messages: off' }).waitFor();
  for (const { complaints } of [anas, bens]) expect(complaints).toEqual([]);
}, 60_000);

test('[client] earlier messages disappear once both agree, and the history says who set what', async () => {
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ana.send(id, 'from before');
  const [anas, bens] = [await chromium.profile(), await chromium.profile()];
  const here = await signIn(anas, instance.url(), ana);
  const there = await signIn(bens, instance.url(), ben);
  await here.open(ben.username);
  await there.open(ana.username);

  await here.page.getByRole('button', { name: 'Disappearing messages: off' }).click();
  const mine = here.page.getByRole('dialog');
  await mine.getByLabel('Messages disappear after').selectOption('1 hour');
  await mine.getByRole('button', { name: 'Ask to apply to earlier messages' }).click();
  await mine.getByText('Waiting for').waitFor();

  await there.page.getByText('set new messages to disappear after 1 hour').waitFor();
  await there.page.getByText('asked that earlier messages disappear after 1 hour, too').waitFor();
  await there.page.getByRole('button', { name: 'Messages disappear after 1 hour' }).click();
  await there.page.getByRole('dialog').getByRole('button', { name: 'Agree' }).click();
  await here.page.getByText('set all messages, earlier ones included').waitFor();
  await mine.getByText('Waiting for').waitFor({ state: 'detached' });
  expect(await ana.conversation(id)).toMatchObject({
    retention_from_seq: 1,
    history_request: null,
  });
  for (const { complaints } of [anas, bens]) expect(complaints).toEqual([]);
}, 60_000);

test('[client] a device that hears nothing hides by its own clock what is too old, a minute late', async () => {
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ana.call('renameConversation', { params: { id }, body: { retention_s: 3_600 } });
  await ana.send(id, 'not for long');
  const profile = await chromium.profile();
  await profile.context.clock.install();
  const { page, open, message } = await signIn(profile, instance.url(), ben);
  await open(ana.username);
  await message('not for long').waitFor();
  await profile.context.setOffline(true);

  await profile.context.clock.fastForward(3_600_000);
  await message('not for long').waitFor();
  await profile.context.clock.fastForward(61_000);
  await page.locator('.message').getByText('Message deleted').waitFor();
  expect(await page.getByText('not for long').count()).toBe(0);
}, 60_000);
