import { median } from '../figures/statistics';
import type { Contender, Contest } from '../contest';
import { bodyOf } from '../load/pair';
import { medianMs } from '../load/timed';
import { expectStored } from '../project/countStored';
import { addRestingConversations, settleTables } from '../project/fill';
import { addPeople, type Person } from '../project/people';
import { openProject, type Project } from '../project/project';
import { createReceiver } from '../project/receiver';
import { ask, openGroup } from '../project/rest';
import { untilAcknowledged } from '../project/untilAcknowledged';

const WITH_MESSAGES = 5;

/** A user with many conversations, five of which have new messages each time. */
const contender = (name: string, conversations: number): Contender => ({
  name,
  async open(scope) {
    const project = await openProject(scope);
    const [ana, ben] = await addPeople(project, 2);
    if (ana === undefined || ben === undefined) throw new Error('too few users');
    const count = conversations - WITH_MESSAGES;
    await addRestingConversations(project.pool, { userId: ana.id, otherId: ben.id, count });
    const active: string[] = [];
    for (let i = 0; i < WITH_MESSAGES; i += 1) {
      active.push(await openGroup(project, ben.token, [ana.id]));
    }
    await settleTables(project.pool);
    const times = scope.effort === 'full' ? 20 : 6;
    let [n, arrived] = [0, 0];
    const sendMessages = (): Promise<unknown> =>
      Promise.all(
        active.map((id) =>
          ask(project, ben.token, 'POST', '/api/messages', {
            ...{ conversation_id: id, content_encrypted: bodyOf(n), client_message_id: `m${n++}` },
          }),
        ),
      );
    const connect = async (): Promise<number> => {
      await sendMessages();
      const took = await connectMs(project, ana, active, {
        ...{ lost: scope.fail, arrived: () => void (arrived += 1) },
      });
      if (arrived !== n) throw new Error(`${n} messages were sent, ${arrived} have arrived`);
      return took;
    };
    // The first connect registers the device.
    await connect();
    return {
      async run() {
        const connects: number[] = [];
        for (let i = 0; i < times; i += 1) connects.push(await connect());
        const firstPageMs = await medianMs(times, () =>
          ask(project, ana.token, 'GET', '/api/conversations?limit=20'),
        );
        const syncs: number[] = [];
        for (let i = 0; i < times; i += 1) {
          const { cursor } = (await ask(project, ana.token, 'GET', '/api/sync')) as {
            cursor: string;
          };
          await sendMessages();
          syncs.push(await medianMs(1, () => syncAll(project, ana, cursor)));
        }
        await connect();
        await expectStored(project, active, n);
        return { connectMs: median(connects), firstPageMs, syncMs: median(syncs) };
      },
    };
  },
});

/**
 * Measures the time from connecting until the backlog has arrived. Returns after the backlog is acknowledged.
 */
async function connectMs(
  project: Project,
  person: Person,
  active: readonly string[],
  { lost, arrived }: { lost: (error: Error) => void; arrived: () => void },
): Promise<number> {
  let drained: () => void = () => undefined;
  const empty = new Promise<void>((resolve) => (drained = resolve));
  const began = performance.now();
  const receiver = await createReceiver({
    ...{ url: project.url, token: person.token, lost, queueEmpty: () => drained() },
    arrived: ({ kind }) => {
      if (kind === 'message') arrived();
    },
  });
  await empty;
  const took = performance.now() - began;
  receiver.close();
  await untilAcknowledged(project, person.id, active);
  return took;
}

async function syncAll(project: Project, person: Person, from: string): Promise<void> {
  let [cursor, more, messages] = [from, true, 0];
  while (more) {
    const query = new URLSearchParams({ cursor, limit: '100' });
    const page = await ask(project, person.token, 'GET', `/api/sync?${query.toString()}`);
    const read = page as { cursor: string; has_more: boolean; messages: unknown[] };
    [cursor, more] = [read.cursor, read.has_more];
    messages += read.messages.length;
  }
  if (messages !== WITH_MESSAGES)
    throw new Error(`${WITH_MESSAGES} new messages, ${messages} synced`);
}

const [many, few] = [contender('in 10,000', 10_000), contender('in 10', 10)];
const names = { project: many.name, peer: few.name, unit: 'ms' };

export const manyConversations: Contest = {
  name: 'conversations',
  what: 'connect, first page and sync with new messages in 5 conversations, of 10,000 and of 10',
  rounds: { quick: 5, full: 15 },
  contenders: [many, few],
  comparisons: [
    { ...names, figure: 'connectMs', unit: 'ms to connect', bound: { atMost: 1.2 } },
    { ...names, figure: 'firstPageMs', unit: 'ms for the first page', bound: { atMost: 2 } },
    { ...names, figure: 'syncMs', unit: 'ms to sync', bound: { atMost: 2 } },
  ],
};
