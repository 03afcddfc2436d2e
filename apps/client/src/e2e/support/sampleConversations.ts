import { createRestClient, type Instance, type People, type Person } from '@chasqui/testkit';

/** A user whose conversations show most features. */
export interface SampleConversations {
  readonly ana: Person;
  readonly names: { readonly ana: string; readonly ben: string; readonly chloe: string };
  readonly group: string;
}

const names = { ana: 'Ana Quispe', ben: 'Ben Mamani', chloe: 'Chloë Díaz' };

/** Creates three people, two direct conversations, and a group with every kind of message. */
export async function createSampleConversations(
  people: People,
  instance: Instance,
): Promise<SampleConversations> {
  const { ana, ben, chloe } = await people.registerAll('ana', 'ben', 'chloe');
  for (const [person, name] of [
    [ana, names.ana],
    [ben, names.ben],
    [chloe, names.chloe],
  ] as const) {
    await instance.sql('UPDATE users SET display_name = $1 WHERE id = $2', [name, person.id]);
  }
  const rest = createRestClient(instance.url());
  const react = (person: Person, messageId: string, emoji: string) =>
    rest.call('addReaction', { token: person.token, params: { messageId }, body: { emoji } });

  const direct = await people.direct(ana, chloe);
  await ana.send(direct.id, 'The pictures are on the drive.');
  await chloe.send(direct.id, 'Lunch at one?');
  const other = await people.direct(ana, ben);
  await ana.send(other.id, 'I sent you the address');
  const {
    body: { id },
  } = await ana.call('createGroup', {
    body: { title: 'Hike', participant_ids: [ben.id, chloe.id] },
  });
  const group = 'Sunday hike 🏔️';
  await rest.call('renameConversation', {
    token: ana.token,
    params: { id },
    body: { title: group },
  });
  const plan = await ben.send(id, 'Shall we take the 8:14 train? After that it gets crowded.');
  await chloe.send(id, 'Yes, that one stops at the lake: https://example.org/timetable');
  await ana.send(id, 'Perfect, I will be there', { reply_to_id: plan.id });
  const drinks = await ana.send(id, 'I will bring the drinks');
  const mistake = await chloe.send(id, 'Wrong chat');
  await rest.call('deleteMessage', { token: chloe.token, params: { messageId: mistake.id } });
  await ben.send(id, '🎉');
  await ben.send(id, 'See you there!');
  await react(chloe, drinks.id, '❤️');
  await react(ben, drinks.id, '❤️');
  await react(ben, drinks.id, '🍋');
  // Deliver everything to Ben and Chloë.
  for (const person of [ben, chloe]) {
    const device = person.device();
    await device.connect();
    await device.drained();
  }
  return { ana, names, group };
}
