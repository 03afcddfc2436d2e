/// <reference lib="dom" />
import { until } from '@chasqui/testkit';
import { setUpBrowserSuite } from './support/browserSuite';
import { signIn } from './support/clientPage';

const suite = setUpBrowserSuite({ worker: false });

test('[client] either participant sets the retention period, and both see it immediately', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  await ana.send(id, 'hello ben');
  const [anas, bens] = [await suite.chromium.newProfile(), await suite.chromium.newProfile()];
  const here = await signIn(anas, suite.instance.url(), ana);
  const there = await signIn(bens, suite.instance.url(), ben);
  await here.open(ben.username);
  await there.open(ana.username);

  await there.page.getByRole('button', { name: 'Disappearing messages: off' }).click();
  await there.page.getByRole('dialog').getByLabel('Messages disappear after').selectOption('1 day');
  await here.page.getByRole('button', { name: 'Messages disappear after 1 day' }).click();
  expect((await ana.conversation(id)).retention_s).toBe(86_400);
  const mine = here.page.getByRole('dialog').getByLabel('Messages disappear after');
  expect(await mine.inputValue()).toBe('86400');
  await mine.selectOption('Off');
  await until(
    'retention is off again',
    async () => (await ben.conversation(id)).retention_s === null,
  );
  await there.page.keyboard.press('Escape');
  await there.page.getByRole('button', { name: 'Disappearing messages: off' }).waitFor();
  for (const { pageErrors } of [anas, bens]) expect(pageErrors).toEqual([]);
}, 60_000);

test('[client] retention applies to earlier messages once both agree, and events record each change', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  await ana.send(id, 'from before');
  const [anas, bens] = [await suite.chromium.newProfile(), await suite.chromium.newProfile()];
  const here = await signIn(anas, suite.instance.url(), ana);
  const there = await signIn(bens, suite.instance.url(), ben);
  await here.open(ben.username);
  await there.open(ana.username);

  await here.page.getByRole('button', { name: 'Disappearing messages: off' }).click();
  const mine = here.page.getByRole('dialog');
  await mine.getByLabel('Messages disappear after').selectOption('1 hour');
  await mine.getByRole('button', { name: 'Ask to apply to earlier messages' }).click();
  await mine.getByText('Waiting for').waitFor();

  await there.page.getByText('set new messages to disappear after 1 hour').waitFor();
  await there.page.getByText('asked for earlier messages to disappear after 1 hour too').waitFor();
  await there.page.getByRole('button', { name: 'Messages disappear after 1 hour' }).click();
  await there.page.getByRole('dialog').getByRole('button', { name: 'Agree' }).click();
  await here.page.getByText('set all messages, including earlier ones').waitFor();
  await mine.getByText('Waiting for').waitFor({ state: 'detached' });
  expect(await ana.conversation(id)).toMatchObject({
    retention_from_seq: 1,
    history_request: null,
  });
  for (const { pageErrors } of [anas, bens]) expect(pageErrors).toEqual([]);
}, 60_000);

test('[client] an offline device hides expired messages by its own clock, a minute late', async () => {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  await ana.call('renameConversation', { params: { id }, body: { retention_s: 3_600 } });
  await ana.send(id, 'not for long');
  const profile = await suite.chromium.newProfile();
  await profile.context.clock.install();
  const { page, open, message } = await signIn(profile, suite.instance.url(), ben);
  await open(ana.username);
  await message('not for long').waitFor();
  await profile.context.setOffline(true);

  await profile.context.clock.fastForward(3_600_000);
  await message('not for long').waitFor();
  await profile.context.clock.fastForward(61_000);
  await page.locator('.message').getByText('Message deleted').waitFor();
  expect(await page.getByText('not for long').count()).toBe(0);
}, 60_000);
