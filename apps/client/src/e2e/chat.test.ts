/// <reference lib="dom" />
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import { until } from '@pern/testing/until';
import { type Chromium, openChromium } from './support/chromium';
import { signIn, signUp } from './support/chatPage';

let instance: Instance;
let people: People;
let chromium: Chromium;
beforeAll(async () => {
  [instance, chromium] = await Promise.all([openInstance(), openChromium()]);
  people = createPeople(instance);
});
afterAll(async () => {
  await chromium?.close();
  people?.leave();
  await instance?.close();
});

test('[client] a first visit on an empty instance leads two people to a chat', async () => {
  const [here, there] = await Promise.all([chromium.profile(), chromium.profile()]);
  const ana = await signUp(here, instance.url(), 'Ana');
  await ana.page.getByText('Nobody else has signed up yet.').waitFor();
  const ben = await signUp(there, instance.url(), 'Ben');
  // Who was first sees who comes, without doing anything.
  await ana.page.locator('.choice').filter({ hasText: 'Ben' }).waitFor();
  await ben.open('Ana');
  await ben.write('Hello Ana');
  await ben.ticks('Hello Ana', 'delivered');
  await ana.open('Ben');
  await ben.ticks('Hello Ana', 'read');
  await ana.page.getByRole('textbox', { name: 'Message' }).pressSequentially('Hello Ben');
  await ben.page.locator('.chat-header').getByText('writing…').waitFor();
  await ana.page.keyboard.press('Enter');
  await ben.message('Hello Ben').waitFor();
  await ana.ticks('Hello Ben', 'read');

  await ana.page.context().close();
  await ben.page
    .locator('.chat-header')
    .getByText(/^last seen/)
    .waitFor();
  expect([...here.complaints, ...there.complaints]).toEqual([]);
});

test('[client] [D6] [D7] three people: replies, reactions, edits, deletions, roles, and who has read what', async () => {
  const profiles = await Promise.all([chromium.profile(), chromium.profile(), chromium.profile()]);
  const { mia, noa, oli } = await people.cast('mia', 'noa', 'oli');
  const [a, b, c] = await Promise.all(
    [mia, noa, oli].map((person, i) => signIn(profiles[i] ?? profiles[0], instance.url(), person)),
  );
  if (a === undefined || b === undefined || c === undefined) throw new Error('somebody is missing');

  await a.page.getByRole('button', { name: 'New group' }).first().click();
  await a.page.getByLabel('Title').fill('Three');
  for (const person of [noa, oli]) {
    await a.page.getByRole('textbox', { name: 'Find people', exact: true }).fill(person.username);
    await a.page.getByRole('checkbox', { name: new RegExp(person.username) }).click();
  }
  await a.page.getByRole('button', { name: 'Create group of 3' }).click();
  await a.write('Who comes?');
  await b.open('Three');
  await b.message('Who comes?').waitFor();
  await a.ticks('Who comes?', 'delivered');

  await a.choose('Who comes?', 'Message info');
  await a.page.getByText('Read · 1').waitFor();
  await a.page.getByText('Delivered · 1').waitFor();
  await c.open('Three');
  // What happens while one looks is shown.
  await a.page.getByText('Read · 2').waitFor();
  await a.page.keyboard.press('Escape');
  await a.ticks('Who comes?', 'read');

  await b.choose('Who comes?', 'Reply');
  await b.write('I do');
  await a.message('I do').getByText('Who comes?').waitFor();
  await a.message('I do').hover();
  await a.message('I do').getByRole('button', { name: 'React' }).click();
  await a.page.getByRole('button', { name: '👍' }).click();
  await c.message('I do').getByRole('button', { name: /👍 1/ }).click();
  await b.message('I do').getByRole('button', { name: /👍 2/ }).waitFor();

  await b.page.getByRole('textbox', { name: 'Message' }).press('ArrowUp');
  await b.page.getByText('Edit message').waitFor();
  await b.write('I do, gladly');
  await a.message('I do, gladly').getByText('edited').waitFor();
  await b.choose('I do, gladly', 'Delete');
  await b.page.getByRole('button', { name: 'Delete' }).click();
  await c.page.getByText('Message deleted').first().waitFor();

  await a.page.getByRole('button', { name: 'Group settings' }).click();
  await a.page.getByLabel('Title').fill('Three and more');
  await a.page.getByRole('button', { name: 'Rename' }).click();
  await b.page.getByRole('heading', { name: 'Three and more' }).waitFor();
  await a.page.getByLabel(`Role of ${noa.username}`).selectOption('moderator');
  await b.page.getByRole('button', { name: 'Group settings' }).click();
  await b.page.getByRole('button', { name: `Remove ${oli.username}` }).click();
  await c.page.getByText('This conversation is not here').waitFor();
  await b.page.getByRole('button', { name: 'Add people' }).click();
  await b.page.getByRole('textbox', { name: 'Find people', exact: true }).fill(oli.username);
  await b.page.getByRole('checkbox', { name: new RegExp(oli.username) }).click();
  await b.page.getByRole('button', { name: 'Add', exact: true }).click();
  await c.page.getByRole('heading', { name: 'Three and more' }).waitFor();
  await a.page.getByRole('button', { name: 'Leave group' }).click();
  await a.page.getByRole('button', { name: 'Really leave?' }).click();
  await b.page.getByText('2 people', { exact: true }).first().waitFor();
  expect(profiles.flatMap(({ complaints }) => complaints)).toEqual([]);
  await Promise.all(profiles.map(({ context }) => context.close()));
});

test('[client] [D8] what arrives in a window that nobody looks at is delivered, and read once somebody does', async () => {
  const profile = await chromium.profile();
  const { pia, quim } = await people.cast('pia', 'quim');
  const { id } = await people.direct(pia, quim);
  const { page, message, open } = await signIn(profile, instance.url(), pia);
  await open(quim.username);
  await quim.send(id, 'Seen');
  const unread = async (): Promise<number> => (await pia.conversation(id)).my.unread_count;
  await message('Seen').waitFor();
  await until('it is read', async () => (await unread()) === 0);

  // Automated pages have the focus always; this one loses it, as when somebody goes to another window.
  await page.evaluate(() => {
    document.hasFocus = () => false;
    window.dispatchEvent(new Event('blur'));
  });
  await quim.send(id, 'Not seen');
  await message('Not seen').waitFor();
  await page.getByText('New messages').waitFor();
  const { body } = await quim.call('readHistory', { params: { conversationId: id } });
  const last = body.messages.at(-1)?.id ?? '';
  await until('it is delivered', async () => {
    const status = await quim.call('readStatus', { params: { messageId: last } });
    return status.body.delivered_count === 1;
  });
  expect(await unread()).toBe(1);

  await page.evaluate(() => {
    document.hasFocus = () => true;
    window.dispatchEvent(new Event('focus'));
  });
  await until('it is read', async () => (await unread()) === 0);
  await profile.context.close();
});

test('[client] everything is at hand for the keyboard', async () => {
  const profile = await chromium.profile();
  const { rut, sol } = await people.cast('rut', 'sol');
  const { id } = await people.direct(rut, sol);
  await sol.send(id, 'First');
  await sol.send(id, 'Second');
  const { page, message } = await signIn(profile, instance.url(), rut);
  await page.keyboard.press('Control+k');
  await page.keyboard.type(sol.username);
  await page.keyboard.press('Enter');
  await message('Second').waitFor();
  await page.getByRole('textbox', { name: 'Message' }).focus();
  await page.keyboard.type('One');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('Two');
  await page.keyboard.press('Enter');
  await message('One\nTwo').waitFor();

  // To the newest message, up to the first, and answer it.
  await message('One\nTwo').focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.locator('.message-slot:focus').getByText('First').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Reply' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText(`Reply to ${sol.username}`).last().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByText('Choose a conversation').waitFor();
  await profile.context.close();
});
