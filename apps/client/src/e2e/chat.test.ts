/// <reference lib="dom" />
import { until } from '@chasqui/testkit';
import { setUpBrowserSuite } from './support/browserSuite';
import { signIn, signUp } from './support/clientPage';

const suite = setUpBrowserSuite();

test('[client] two people sign up on an empty server and chat', async () => {
  const [here, there] = await Promise.all([
    suite.chromium.newProfile(),
    suite.chromium.newProfile(),
  ]);
  const ana = await signUp(here, suite.instance.url(), 'Ana');
  await ana.page.getByText('No one else has signed up yet.').waitFor();
  const ben = await signUp(there, suite.instance.url(), 'Ben');
  // New users appear in the open list without any action.
  await ana.page.locator('.list-item').filter({ hasText: 'Ben' }).waitFor();
  await ben.open('Ana');
  await ben.send('Hello Ana');
  await ben.waitForTicks('Hello Ana', 'delivered');
  await ana.open('Ben');
  await ben.waitForTicks('Hello Ana', 'read');
  await ana.page.getByRole('textbox', { name: 'Message' }).pressSequentially('Hello Ben');
  await ben.page.locator('.chat-header').getByText('typing…').waitFor();
  await ana.page.keyboard.press('Enter');
  await ben.message('Hello Ben').waitFor();
  await ana.waitForTicks('Hello Ben', 'read');

  await ana.page.context().close();
  await ben.page
    .locator('.chat-header')
    .getByText(/^last seen/)
    .waitFor();
  expect([...here.pageErrors, ...there.pageErrors]).toEqual([]);
});

test('[client] [D6] [D7] a group shows replies, reactions, edits, deletions, roles and read receipts to all members', async () => {
  const profiles = await Promise.all([
    suite.chromium.newProfile(),
    suite.chromium.newProfile(),
    suite.chromium.newProfile(),
  ]);
  const { mia, noa, oli } = await suite.people.registerAll('mia', 'noa', 'oli');
  const [a, b, c] = await Promise.all(
    [mia, noa, oli].map((person, i) =>
      signIn(profiles[i] ?? profiles[0], suite.instance.url(), person),
    ),
  );
  if (a === undefined || b === undefined || c === undefined) throw new Error('a user is missing');

  await a.page.getByRole('button', { name: 'New group' }).first().click();
  await a.page.getByLabel('Group name').fill('Three');
  for (const person of [noa, oli]) {
    await a.page.getByRole('textbox', { name: 'Find people', exact: true }).fill(person.username);
    await a.page.getByRole('checkbox', { name: new RegExp(person.username) }).click();
  }
  await a.page.getByRole('button', { name: 'Create group of 3' }).click();
  await a.send('Who comes?');
  await b.open('Three');
  await b.message('Who comes?').waitFor();
  await a.waitForTicks('Who comes?', 'delivered');

  await a.chooseAction('Who comes?', 'Message info');
  await a.page.getByText('Read · 1').waitFor();
  await a.page.getByText('Delivered · 1').waitFor();
  await c.open('Three');
  // The open dialog updates.
  await a.page.getByText('Read · 2').waitFor();
  await a.page.keyboard.press('Escape');
  await a.waitForTicks('Who comes?', 'read');

  await b.chooseAction('Who comes?', 'Reply');
  await b.send('I do');
  await a.message('I do').getByText('Who comes?').waitFor();
  await a.message('I do').hover();
  await a.message('I do').getByRole('button', { name: 'React' }).click();
  await a.page.getByRole('button', { name: '👍' }).click();
  await c.message('I do').getByRole('button', { name: /👍 1/ }).click();
  await b.message('I do').getByRole('button', { name: /👍 2/ }).waitFor();

  await b.page.getByRole('textbox', { name: 'Message' }).press('ArrowUp');
  await b.page.getByText('Editing message').waitFor();
  await b.send('I do, gladly');
  await a.message('I do, gladly').getByText('edited').waitFor();
  await b.chooseAction('I do, gladly', 'Delete');
  await b.page.getByRole('button', { name: 'Delete' }).click();
  await c.page.getByText('Message deleted').first().waitFor();

  await a.page.getByRole('button', { name: 'Group settings' }).click();
  await a.page.getByLabel('Group name').fill('Three and more');
  await a.page.getByRole('button', { name: 'Rename' }).click();
  await b.page.getByRole('heading', { name: 'Three and more' }).waitFor();
  await a.page.getByLabel(`Role of ${noa.username}`).selectOption('moderator');
  await b.page.getByRole('button', { name: 'Group settings' }).click();
  await b.page.getByRole('button', { name: `Remove ${oli.username}` }).click();
  await c.page.getByText('Conversation not found').waitFor();
  await b.page.getByRole('button', { name: 'Add people' }).click();
  await b.page.getByRole('textbox', { name: 'Find people', exact: true }).fill(oli.username);
  await b.page.getByRole('checkbox', { name: new RegExp(oli.username) }).click();
  await b.page.getByRole('button', { name: 'Add', exact: true }).click();
  await c.page.getByRole('heading', { name: 'Three and more' }).waitFor();
  await a.page.getByRole('button', { name: 'Leave group' }).click();
  await a.page.getByRole('button', { name: 'Yes, leave group' }).click();
  await b.page.getByText('2 members', { exact: true }).first().waitFor();
  expect(profiles.flatMap(({ pageErrors }) => pageErrors)).toEqual([]);
  await Promise.all(profiles.map(({ context }) => context.close()));
});

test('[client] [D8] a message that arrives in an unfocused window is delivered, and read once the window has the focus', async () => {
  const profile = await suite.chromium.newProfile();
  const { pia, quim } = await suite.people.registerAll('pia', 'quim');
  const { id } = await suite.people.direct(pia, quim);
  const { page, message, open } = await signIn(profile, suite.instance.url(), pia);
  await open(quim.username);
  await quim.send(id, 'Seen');
  const unread = async (): Promise<number> => (await pia.conversation(id)).my.unread_count;
  await message('Seen').waitFor();
  await until('it is read', async () => (await unread()) === 0);

  // Automated pages always have the focus, so simulate switching to another window.
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

test('[client] the keyboard alone is enough to search, write, navigate and reply', async () => {
  const profile = await suite.chromium.newProfile();
  const { rut, sol } = await suite.people.registerAll('rut', 'sol');
  const { id } = await suite.people.direct(rut, sol);
  await sol.send(id, 'First');
  await sol.send(id, 'Second');
  const { page, message } = await signIn(profile, suite.instance.url(), rut);
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

  // From the newest message up to the first one, and reply to it.
  await message('One\nTwo').focus();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await page.locator('.message-slot:focus').getByText('First').waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('menuitem', { name: 'Reply' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByText(`Replying to ${sol.username}`).last().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByText('Choose a conversation').waitFor();
  await profile.context.close();
});
