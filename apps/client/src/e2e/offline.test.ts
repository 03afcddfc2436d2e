/// <reference lib="dom" />
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People, type Person } from '@pern/testing/people';
import { until } from '@pern/testing/until';
import { type Chromium, openChromium, type Profile } from './support/chromium';
import { isKept, shellIsKept } from './support/browserStorage';
import { type Persona, personaOn, signIn } from './support/chatPage';

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

interface Scene {
  readonly profile: Profile;
  readonly ana: Persona;
  readonly person: Person;
  readonly id: string;
  readonly ben: Person;
  /** What Ben's history says, oldest first. */
  sent(): Promise<string[]>;
}

/** Ana in a browser, in a conversation with Ben. */
async function scene(): Promise<Scene> {
  const profile = await chromium.profile();
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const persona = await signIn(profile, instance.url(), ana);
  await persona.open(ben.username);
  const sent = async (): Promise<string[]> =>
    (await ben.history(id)).map(({ content_encrypted: content }) => decoded(content ?? ''));
  return { profile, ana: persona, person: ana, id, ben, sent };
}

const decoded = (content: string): string =>
  Buffer.from(content.replace('base64:', ''), 'base64').toString('utf8');

test('[client] [D2] without a network one reads, writes and reloads; on return everything is sent once and in order', async () => {
  const { profile, ana, ben, id, sent } = await scene();
  const { page } = ana;
  await ben.send(id, 'Known before');
  await ana.message('Known before').waitFor();
  await ana.write('Online');
  await ana.ticks('Online', 'sent');
  await until('the shell is kept', () => shellIsKept(page).then(() => true));
  // The library writes what it knows within 0.4 s.
  await until('what is shown is kept', () => isKept(page, 'Known before'));

  await profile.context.setOffline(true);
  await ana.connection('offline');
  await ana.write('First offline');
  await ana.write('Second offline');
  await page.getByText('2 to send').first().waitFor();
  await page.getByRole('textbox', { name: 'Message' }).fill('Begun');

  // Opens without a server, with what it knew, what waits, and what was begun.
  await page.reload();
  await ana.message('Known before').waitFor();
  await ana.ticks('First offline', 'pending');
  await ana.ticks('Second offline', 'pending');
  await page.getByText('2 to send').first().waitFor();
  expect(await page.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('Begun');

  await profile.context.setOffline(false);
  await ana.connection('live');
  await ana.ticks('Second offline', 'sent');
  await ana.ticks('First offline', 'sent');
  expect((await sent()).slice(-3)).toEqual(['Online', 'First offline', 'Second offline']);
  expect(profile.complaints).toEqual([]);
  await profile.context.close();
});

test('[client] [D1] [D2] two tabs write while the server is dead and one of them is closed: each message is sent once', async () => {
  const { profile, ana, ben, sent } = await scene();
  const second = personaOn(await profile.tab(ana.page.url()), 'Ana');
  await second.page.getByRole('heading', { name: ben.username }).waitFor();
  const [server] = instance.nodes;
  await server?.program.kill();
  await until('both know', async () => {
    const shown = [ana, second].map(({ page }) =>
      page
        .getByText(/^Reconnecting/)
        .first()
        .isVisible(),
    );
    return (await Promise.all(shown)).every(Boolean);
  });
  await ana.write('One, first tab');
  await second.write('Two, second tab');
  await ana.write('Three, first tab');
  // Each tab shows what waits in the other.
  await ana.ticks('Two, second tab', 'pending');
  await second.ticks('Three, first tab', 'pending');
  // The first has led until now.
  await ana.page.close();
  await second.write('Four, second tab');
  await server?.restart();
  await second.connection('live');
  await second.ticks('Four, second tab', 'sent');
  const all = ['One, first tab', 'Two, second tab', 'Three, first tab', 'Four, second tab'];
  await until('all are there', async () => (await sent()).length >= all.length);
  expect((await sent()).sort()).toEqual([...all].sort());
  await profile.context.close();
});

test('[client] [D9] what is refused is shown with its reason, and can be retried or discarded', async () => {
  const profile = await chromium.profile();
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.group(ben, ana);
  const persona = await signIn(profile, instance.url(), ana);
  await persona.open('a group');
  await profile.context.setOffline(true);
  await persona.connection('offline');
  await persona.write('Too late');
  await persona.write('Never mind');
  await ben.call('removeParticipant', { params: { id, userId: ana.id } });
  await profile.context.setOffline(false);

  const unsent = persona.page.getByRole('region', { name: 'Not sent' });
  await unsent.getByText('Too late').waitFor();
  await unsent.getByText('Never mind').waitFor();
  await unsent
    .getByRole('listitem')
    .filter({ hasText: 'Never mind' })
    .getByRole('button', { name: 'Discard' })
    .click();
  await ben.call('addParticipant', { params: { id }, body: { user_id: ana.id } });
  await persona.ticks('Too late', 'refused');
  await persona.page.getByRole('button', { name: 'Retry' }).click();
  await persona.ticks('Too late', 'sent');
  expect(await persona.page.getByText('Never mind').count()).toBe(0);
  await profile.context.close();
});
