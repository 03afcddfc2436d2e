import Redis from 'ioredis';
import { freshEachRun } from '../freshEachRun';
import type { Contender, Contest, Scope } from '../contest';
import { createArrivals } from '../load/arrivals';
import { openFrameSocket } from '../wire/frames';
import { bodyOf } from '../load/pair';
import { storeLoad } from '../load/storeLoad';
import { until } from '../load/until';
import { expectStored } from '../project/countStored';
import { addPeople } from '../project/people';
import { openProject, type Project } from '../project/project';
import { createReceiver } from '../project/receiver';
import { openDirect } from '../project/rest';

const RECIPIENTS = 20;
const QUEUE = 'bull:message_delivery:*';

/** Offline recipients with `waiting` messages each, which are delivered after the measurement. */
const contender = (name: string, waiting: number): Contender =>
  freshEachRun(name, async (scope) => {
    const project = await openProject(scope);
    const [ana, ...recipients] = await addPeople(project, RECIPIENTS + 1);
    if (ana === undefined) throw new Error('there is no sender');
    const conversations: string[] = [];
    for (const { id } of recipients) conversations.push(await openDirect(project, ana.token, id));
    const sender = await openFrameSocket({
      ...{ url: project.url, onEvent: () => undefined, lost: scope.fail },
      auth: { token: ana.token, deviceId: 'bench', brief: true, batch: true },
    });
    scope.onClose(() => sender.close());
    let n = 0;
    const send = (acknowledged: () => void): void => {
      const conversationId = conversations[n % RECIPIENTS] ?? '';
      sender.request(
        'chat:message_send',
        `{"conversationId":"${conversationId}","contentEncrypted":"${bodyOf(n)}","clientMessageId":"${n++}"}`,
        acknowledged,
      );
    };
    await storeLoad(send, { count: RECIPIENTS * waiting, inFlight: 200 });
    await expectStored(project, conversations, RECIPIENTS * waiting);
    const bytes = await queueBytes(scope, project);
    for (const { token } of recipients) {
      const arrivals = createArrivals(waiting);
      const receiver = await createReceiver({
        ...{ url: project.url, token, lost: scope.fail, arrived: arrivals.arrived },
      });
      await arrivals.all;
      receiver.close();
      if (arrivals.count() !== waiting) {
        throw new Error(`${waiting} waited, ${arrivals.count()} arrived`);
      }
    }
    return { bytes: bytes / RECIPIENTS };
  });

/** Returns the size of all keys of the queue once each recipient has a job. */
async function queueBytes(scope: Scope, { redisUrl }: Project): Promise<number> {
  const redis = new Redis(redisUrl);
  scope.onClose(() => redis.disconnect());
  const jobs = (): Promise<number> => redis.zcard('bull:message_delivery:delayed');
  await until('each recipient has its job', async () => (await jobs()) === RECIPIENTS);
  const keys = await redis.keys(QUEUE);
  const sizes = await Promise.all(keys.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

const [many, one] = [
  contender('10,000 messages waiting', 10_000),
  contender('1 message waiting', 1),
];

export const queueMemory: Contest = {
  name: 'queue-memory',
  what: 'Redis memory per offline recipient: all keys of the queue, by MEMORY USAGE',
  rounds: { quick: 1, full: 3 },
  contenders: [many, one],
  comparisons: [
    {
      ...{ figure: 'bytes', unit: 'bytes per recipient', project: many.name, peer: one.name },
      // Constant, except that a rescheduled job is a few bytes longer.
      bound: { atMost: 1.05 },
    },
  ],
};
