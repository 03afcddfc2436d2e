import {
  type Case,
  createPeople,
  type Instance,
  judge,
  openInstance,
  type People,
  until,
} from '@chasqui/testkit';

// A judge that never convicts proves nothing: each kind of damage is done once, and has to be seen.

let instance: Instance;
let people: People;
beforeAll(async () => {
  instance = await openInstance({ worker: false });
  people = createPeople(instance);
});
afterAll(async () => {
  people.leave();
  await instance.close();
});

async function run(): Promise<Case> {
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id: conversationId } = await people.direct(ana, ben);
  const [sender, reader] = [ana.device(), ben.device()];
  await sender.connect();
  await reader.connect();
  for (let i = 0; i < 5; i++) await sender.send(conversationId, `m${i}`);
  await until('all came', () => reader.wire(conversationId).length === 5);
  const devices = [sender, reader];
  return { instance, conversationId, people: [ana, ben], devices, attempts: sender.attempts };
}

test('a run without damage is acquitted', async () => {
  expect(await judge(await run())).toEqual([]);
});

test('a device that was never sent something convicts: L', async () => {
  const fine = await run();
  const absent = fine.people[1]?.device();
  const found = await judge({ ...fine, devices: [...fine.devices, ...(absent ? [absent] : [])] });
  expect(found).toHaveLength(5);
  expect(found[0]).toMatch(/^L: .* never saw 1 /);
});

test('a message that is gone from the log convicts: O and U', async () => {
  const fine = await run();
  await instance.sql('DELETE FROM messages WHERE conversation_id = $1 AND seq = 3', [
    fine.conversationId,
  ]);
  const found = (await judge(fine)).join('\n');
  expect(found).toMatch(/^O: the log has a gap before 4$/m);
  expect(found).toMatch(/^U: an acknowledged send is stored 0 times$/m);
});

test('a message that was changed behind the devices convicts: S', async () => {
  const fine = await run();
  await instance.sql(
    "UPDATE messages SET content_encrypted = 'other' WHERE conversation_id = $1 AND seq = 2",
    [fine.conversationId],
  );
  const found = await judge(fine);
  expect(found).toHaveLength(2);
  expect(found[0]).toMatch(/^S: .* shows 2 otherwise than a fetch$/);
});

test('a second message with the id of an unknown send convicts: U', async () => {
  const fine = await run();
  const [first] = fine.attempts;
  if (!first) throw new Error('nothing was sent');
  await instance.sql('DROP INDEX messages_idempotency');
  await instance.sql(
    `UPDATE messages SET client_message_id = $2, sender_id = sender_id WHERE conversation_id = $1 AND seq = 5`,
    [fine.conversationId, first.clientMessageId],
  );
  const unknown = { ...first, outcome: 'unknown' as const };
  const found = await judge({ ...fine, attempts: [unknown] });
  expect(found).toContain('U: an unknown send is stored 2 times');
});
