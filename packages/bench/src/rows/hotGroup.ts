import type { Contender, Contest, Scope } from '../contest';
import { openFrameSocket } from '../wire/frames';
import { bodyOf } from '../load/pair';
import { streamLoad } from '../load/streamLoad';
import { until } from '../load/until';
import { pgbench } from '../peers/pgbench/pgbench';
import { expectStored } from '../project/countStored';
import { addPeople, type Person } from '../project/people';
import { openProject, type Project } from '../project/project';
import { createReceiver } from '../project/receiver';
import { ask, openGroup } from '../project/rest';

const SENDERS = 50;
const CONNECTED = 5;

type SendAs = (person: Person, index: number) => (n: number) => Promise<void>;

/** All members of the group send; five of them have a device that receives and acknowledges everything. */
function contender(name: string, prepare: Prepare): Contender {
  return {
    name,
    async open(scope) {
      const project = await openProject(scope);
      const people = await addPeople(project, SENDERS);
      const [first, ...others] = people;
      if (first === undefined) throw new Error('there is no sender');
      const group = await openGroup(
        project,
        first.token,
        others.map(({ id }) => id),
      );
      const received = new Array<number>(CONNECTED).fill(0);
      for (const [i, { token }] of people.slice(-CONNECTED).entries()) {
        const receiver = await createReceiver({
          ...{ url: project.url, token, lost: scope.fail },
          arrived: ({ kind }) => {
            if (kind === 'message') received[i] = (received[i] ?? 0) + 1;
          },
        });
        scope.onClose(() => receiver.close());
      }
      const sendAs = await prepare(scope, project, group, people);
      let n = 0;
      const senders = people.map((person, i) => {
        const send = sendAs(person, i);
        return () => send(n++);
      });
      let total = 0;
      return {
        async run() {
          const windowMs = scope.effort === 'full' ? 10_000 : 4_000;
          const result = await streamLoad(senders, { warmUpMs: 1_000, windowMs });
          total += result.acknowledged;
          await expectStored(project, [group], total);
          await until('all five have received everything', () =>
            received.every((count) => count === total),
          );
          return { perSecond: result.perSecond };
        },
      };
    },
  };
}

type Prepare = (
  scope: Scope,
  project: Project,
  group: string,
  people: readonly Person[],
) => Promise<SendAs>;

/** Fifty sends in flight over the sockets of five members, the only ones connected. */
const overSockets: Prepare = async (scope, project, group, people) => {
  const sockets = await Promise.all(
    people.slice(-CONNECTED).map(({ token }) =>
      openFrameSocket({
        ...{ url: project.url, onEvent: () => undefined, lost: scope.fail },
        auth: { token, deviceId: 'bench', brief: true, batch: true },
      }),
    ),
  );
  scope.onClose(() => sockets.forEach((socket) => socket.close()));
  return (_person, index) => (n) =>
    new Promise((resolve) =>
      sockets[index % CONNECTED]?.request(
        'chat:message_send',
        `{"conversationId":"${group}","contentEncrypted":"${bodyOf(n)}","clientMessageId":"${n}"}`,
        () => resolve(),
      ),
    );
};

/** Fifty members send over REST, each with one request in flight. */
const overRest: Prepare = async (_scope, project, group) => (person) => async (n) => {
  await ask(project, person.token, 'POST', '/api/messages', {
    ...{ conversation_id: group, content_encrypted: bodyOf(n), client_message_id: String(n) },
  });
};

const sockets = contender('project', overSockets);
const rest = contender('project over REST', overRest);
const names = { figure: 'perSecond', unit: 'messages/s', peer: pgbench.name };

export const hotGroup: Contest = {
  name: 'hot-group',
  what: 'one hot group: 50 senders, 5 of the members connected',
  contenders: [sockets, rest, pgbench],
  comparisons: [
    { ...names, project: sockets.name, bound: { atLeast: 1.5 } },
    { ...names, project: rest.name },
  ],
};
