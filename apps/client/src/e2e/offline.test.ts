/// <reference lib="dom" />
import { until } from '@chasqui/testkit';
import { setUpBrowserSuite } from './support/browserSuite';
import { openDirectChat } from './support/directChat';
import { isStored, shellIsCached } from './support/browserStorage';
import { clientPage, signIn } from './support/clientPage';

const suite = setUpBrowserSuite();

test('[client] [D2] a user reads, writes and reloads offline; once online, everything is sent once and in order', async () => {
  const { profile, ana, ben, id, texts } = await openDirectChat(suite);
  const { page } = ana;
  await ben.send(id, 'Known before');
  await ana.message('Known before').waitFor();
  await ana.send('Online');
  await ana.waitForTicks('Online', 'sent');
  await until('the shell is cached', () => shellIsCached(page).then(() => true));
  // The SDK stores its state within 0.4 s.
  await until('the messages are stored', () => isStored(page, 'Known before'));

  await profile.context.setOffline(true);
  await ana.waitForConnection('offline');
  await ana.send('First offline');
  await ana.send('Second offline');
  await page.getByText('2 to send').first().waitFor();
  await page.getByRole('textbox', { name: 'Message' }).fill('Unfinished');

  // The page opens offline with its messages, its outbox and its draft.
  await page.reload();
  await ana.message('Known before').waitFor();
  await ana.waitForTicks('First offline', 'pending');
  await ana.waitForTicks('Second offline', 'pending');
  await page.getByText('2 to send').first().waitFor();
  expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Unfinished');

  await profile.context.setOffline(false);
  await ana.waitForConnection('live');
  await ana.waitForTicks('Second offline', 'sent');
  await ana.waitForTicks('First offline', 'sent');
  expect((await texts()).slice(-3)).toEqual(['Online', 'First offline', 'Second offline']);
  expect(profile.pageErrors).toEqual([]);
  await profile.context.close();
});

test('[client] [D1] [D2] each message of two tabs is sent once, although the server crashed and one tab was closed', async () => {
  const { profile, ana, ben, texts } = await openDirectChat(suite);
  const second = clientPage(await profile.openTab(ana.page.url()), 'Ana');
  await second.page.getByRole('heading', { name: ben.username }).waitFor();
  const [server] = suite.instance.nodes;
  await server?.program.kill();
  await until('both tabs notice', async () => {
    const shown = [ana, second].map(({ page }) =>
      page
        .getByText(/^Reconnecting/)
        .first()
        .isVisible(),
    );
    return (await Promise.all(shown)).every(Boolean);
  });
  await ana.send('One, first tab');
  await second.send('Two, second tab');
  await ana.send('Three, first tab');
  // Each tab shows the pending messages of the other.
  await ana.waitForTicks('Two, second tab', 'pending');
  await second.waitForTicks('Three, first tab', 'pending');
  // The first tab has been the leader until now.
  await ana.page.close();
  await second.send('Four, second tab');
  await server?.restart();
  await second.waitForConnection('live');
  await second.waitForTicks('Four, second tab', 'sent');
  const all = ['One, first tab', 'Two, second tab', 'Three, first tab', 'Four, second tab'];
  await until('all messages have arrived', async () => (await texts()).length >= all.length);
  expect((await texts()).sort()).toEqual([...all].sort());
  await profile.context.close();
});

test('[client] [D9] a refused message is shown with its reason and can be retried or discarded', async () => {
  const profile = await suite.chromium.newProfile();
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.group(ben, ana);
  const client = await signIn(profile, suite.instance.url(), ana);
  await client.open('a group');
  await profile.context.setOffline(true);
  await client.waitForConnection('offline');
  await client.send('Too late');
  await client.send('Never mind');
  await ben.call('removeParticipant', { params: { id, userId: ana.id } });
  await profile.context.setOffline(false);

  const unsent = client.page.getByRole('region', { name: 'Not sent' });
  await unsent.getByText('Too late').waitFor();
  await unsent.getByText('Never mind').waitFor();
  await unsent
    .getByRole('listitem')
    .filter({ hasText: 'Never mind' })
    .getByRole('button', { name: 'Discard' })
    .click();
  await ben.call('addParticipant', { params: { id }, body: { user_id: ana.id } });
  await client.waitForTicks('Too late', 'refused');
  await client.page.getByRole('button', { name: 'Retry' }).click();
  await client.waitForTicks('Too late', 'sent');
  expect(await client.page.getByText('Never mind').count()).toBe(0);
  await profile.context.close();
});
