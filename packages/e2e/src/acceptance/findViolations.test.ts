import { type FaultRun, findViolations, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../testing/acceptanceSuite';

// A check that never fails proves nothing, so each kind of damage is caused once and must be found.

const suite = setUpAcceptanceSuite({ worker: false });

async function run(): Promise<FaultRun> {
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id: conversationId } = await suite.people.direct(ana, ben);
  const [sender, reader] = [ana.device(), ben.device()];
  await sender.connect();
  await reader.connect();
  for (let i = 0; i < 5; i++) await sender.send(conversationId, `m${i}`);
  await until('all messages arrived', () => reader.wire(conversationId).length === 5);
  const devices = [sender, reader];
  return {
    instance: suite.instance,
    conversationId,
    people: [ana, ben],
    devices,
    attempts: sender.attempts,
  };
}

test('a run without damage has no violations', async () => {
  expect(await findViolations(await run())).toEqual([]);
});

test('messages that a device never received are found: L', async () => {
  const fine = await run();
  const absent = fine.people[1]?.device();
  const found = await findViolations({
    ...fine,
    devices: [...fine.devices, ...(absent ? [absent] : [])],
  });
  expect(found).toHaveLength(5);
  expect(found[0]).toMatch(/^L: .* never saw 1 /);
});

test('a message missing from the log is found: O and U', async () => {
  const fine = await run();
  await suite.instance.sql('DELETE FROM messages WHERE conversation_id = $1 AND seq = 3', [
    fine.conversationId,
  ]);
  const found = (await findViolations(fine)).join('\n');
  expect(found).toMatch(/^O: the log has a gap before 4$/m);
  expect(found).toMatch(/^U: an acknowledged send is stored 0 times$/m);
});

test('a message changed without an event is found: S', async () => {
  const fine = await run();
  await suite.instance.sql(
    "UPDATE messages SET content_encrypted = 'other' WHERE conversation_id = $1 AND seq = 2",
    [fine.conversationId],
  );
  const found = await findViolations(fine);
  expect(found).toHaveLength(2);
  expect(found[0]).toMatch(/^S: .* differs from a fetch at 2$/);
});

test('a second message with the id of an unknown send is found: U', async () => {
  const fine = await run();
  const [first] = fine.attempts;
  if (!first) throw new Error('nothing was sent');
  await suite.instance.sql('DROP INDEX messages_idempotency');
  await suite.instance.sql(
    `UPDATE messages SET client_message_id = $2, sender_id = sender_id WHERE conversation_id = $1 AND seq = 5`,
    [fine.conversationId, first.clientMessageId],
  );
  const unknown = { ...first, outcome: 'unknown' as const };
  const found = await findViolations({ ...fine, attempts: [unknown] });
  expect(found).toContain('U: an unknown send is stored 2 times');
});
