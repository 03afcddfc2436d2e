import { type TestClient } from './clients/chatClients';
import { type ClientFixture, openClientFixture } from './clients/clientFixture';
import { type ChatState, isMessage, missingMessages, selectStatus } from '@chasqui/sdk';
import { type Person, type Randomness, until, withSeed } from '@chasqui/testkit';

let fixture: ClientFixture;
beforeAll(async () => {
  fixture = await openClientFixture({ nodes: 2 });
});
afterAll(() => fixture.close());

/**
 * The state that two clients of one user must agree on. Excludes the version, which a send raises without an event, and
 * other users' positions beyond the user's own messages, because receipts go only to authors (D6).
 */
function picture(state: ChatState) {
  return Object.values(state.conversationsById)
    .map((one) => ({
      ...{ id: one.id, title: one.title, last_seq: one.last_seq },
      my: { ...one.my, delivered_seq: 0 },
      last: one.last_message === null ? null : { ...one.last_message, status: '' },
      participants: one.participants
        .map(({ user_id: id, role, joined_seq: from }) => `${id} ${role} ${from}`)
        .sort(),
    }))
    .sort((a, b) => a.id.localeCompare(b.id));
}

const ticksOf = (state: ChatState, ids: ReadonlySet<string>) =>
  Object.values(state.entriesByConversation)
    .flat()
    .filter(isMessage)
    .filter(({ kind, sender_id: sender }) => kind === 'message' && sender === state.me?.id)
    .filter(({ id }) => ids.has(id))
    .map((message) => `${message.conversation_id} ${message.seq} ${selectStatus(state, message)}`)
    .sort();

const entriesOf = (state: ChatState, id: string) =>
  (state.entriesByConversation[id] ?? []).map((entry) => ({ ...entry, status: '' }));

test(
  '[D7] after random actions and disconnects, a client shows the same as a fresh client',
  () =>
    withSeed(async (random) => {
      const cast = Object.values(await fixture.people.registerAll('ana', 'ben', 'cleo'));
      const [ana, ben, cleo] = cast as [Person, Person, Person];
      const ids = [
        (await fixture.people.group(ana, ben, cleo)).id,
        (await fixture.people.direct(ana, ben)).id,
      ];
      const [group = ''] = ids;
      const watching = await Promise.all(
        [ana, ben, cleo].map((person, i) =>
          fixture.clients.open(person, { url: fixture.instance.url(i % 2) }),
        ),
      );
      for (let turn = 0; turn < 150; turn += 1)
        await randomAction(random, watching, cast, ids, group);
      for (const { client } of watching) client.connect();
      // Wait for all of them: unsent messages of one are new to the others.
      for (const watcher of watching) {
        await watcher.live();
        await until('nothing is missing', () => missingMessages(watcher.client.getState()) === 0);
        await until('the outbox is empty', () =>
          watcher.client.getState().outbox.every(({ status }) => status === 'refused'),
        );
      }
      for (const [i, watcher] of watching.entries()) {
        const person = cast[i];
        if (person === undefined) throw new Error('there is no such person');
        const fresh = await fixture.clients.open(person);
        await until(
          'both show the same',
          () =>
            expect(picture(watcher.client.getState())).toEqual(picture(fresh.client.getState())) ??
            true,
          10_000,
        );
        for (const id of Object.keys(fresh.client.getState().conversationsById)) {
          await fresh.client.openConversation(id);
          while (await fresh.client.loadOlder(id, 100));
          // The client must show everything from the first entry it loaded.
          await until(
            'both show the same entries',
            () => {
              const truth = entriesOf(fresh.client.getState(), id);
              const shown = entriesOf(watcher.client.getState(), id);
              expect(shown).toEqual(truth.slice(-shown.length));
              return true;
            },
            10_000,
          );
        }
        const entries = Object.values(watcher.client.getState().entriesByConversation).flat();
        const shown = new Set(entries.map(({ id }) => id));
        await until(
          'the ticks are the same',
          () =>
            expect(ticksOf(watcher.client.getState(), shown)).toEqual(
              ticksOf(fresh.client.getState(), shown),
            ) ?? true,
          10_000,
        );
      }
    }),
  90_000,
);

async function randomAction(
  random: Randomness,
  watching: readonly TestClient[],
  cast: readonly Person[],
  ids: readonly string[],
  group: string,
): Promise<void> {
  const { client } = random.pick(watching);
  const person = random.pick(cast);
  const id = random.pick(ids);
  const entries = Object.values(client.getState().entriesByConversation).flat();
  const entry = entries[random.below(entries.length)];
  const dice = random.below(20);
  const done = ((): unknown => {
    if (dice < 6 || entry === undefined) return client.send(id, `text ${random.next()}`);
    if (dice < 9) return person.send(id, `base64:${btoa(`by REST ${random.next()}`)}`);
    if (dice < 11) return client.edit(entry.id, `edit ${random.next()}`);
    if (dice < 12) return client.delete(entry.id);
    if (dice < 13) return client.react(entry.id, '👍');
    if (dice < 15) return client.markRead(entry.conversation_id, entry.seq);
    if (dice < 16) return client.renameConversation(group, `Title ${random.below(9)}`);
    if (dice < 17) return client.removeParticipant(group, person.id);
    if (dice < 18) return client.addParticipant(group, person.id);
    return dice < 19 ? client.disconnect() : client.connect();
  })();
  // Refusals are expected: changes without permission, and changes while offline.
  await Promise.resolve(done).catch(() => undefined);
}
