import Redis from 'ioredis';
import type { Contender, Contest } from '../contest';
import { openFrameSocket } from '../load/frames';
import { bodyOf } from '../load/pair';
import { storeLoad } from '../load/storeLoad';
import { until } from '../load/until';
import { expectStored } from '../project/countStored';
import { addPeople } from '../project/people';
import { openProject } from '../project/project';
import { openDirect } from '../project/rest';

const RECIPIENTS = 20;
const QUEUE = 'bull:message_delivery:*';

/** Recipients who are away, with so many messages waiting for each. */
const contender = (name: string, waiting: number): Contender => ({
  name,
  async open(scope) {
    const project = await openProject(scope);
    const [ana, ...recipients] = await addPeople(project, RECIPIENTS + 1);
    if (ana === undefined) throw new Error('nobody to send');
    const conversations: string[] = [];
    for (const { id } of recipients) conversations.push(await openDirect(project, ana.token, id));
    const sender = await openFrameSocket({
      ...{ url: project.url, heard: () => undefined, lost: scope.fail },
      auth: { token: ana.token, deviceId: 'bench', brief: true, batch: true },
    });
    scope.onClose(() => sender.close());
    const redis = new Redis(project.redisUrl);
    scope.onClose(() => redis.disconnect());
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
    return {
      async run() {
        const jobs = (): Promise<number> => redis.zcard('bull:message_delivery:delayed');
        await until('each has its job', async () => (await jobs()) === RECIPIENTS);
        const keys = await redis.keys(QUEUE);
        const sizes = await Promise.all(
          keys.map((key) => redis.memory('USAGE', key, 'SAMPLES', 0)),
        );
        const bytes = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
        return { bytes: bytes / RECIPIENTS };
      },
    };
  },
});

const [many, one] = [
  contender('10,000 messages waiting', 10_000),
  contender('1 message waiting', 1),
];

export const queueMemory: Contest = {
  name: 'queue-memory',
  what: 'memory of Redis for a recipient who is away, all keys of the queue, by MEMORY USAGE',
  contenders: [many, one],
  comparisons: [
    {
      ...{ figure: 'bytes', unit: 'bytes per recipient', project: many.name, peer: one.name },
      // Constant; a job that was just moved on is some bytes longer.
      bound: { atMost: 1.05 },
    },
  ],
};
