import type { Contender, Contest } from '../contest';
import { createArrivals } from '../load/arrivals';
import { openFrameSocket } from '../wire/frames';
import { bodyOf } from '../load/pair';
import { medianMs } from '../load/timed';
import { expectStored } from '../project/countStored';
import { lengthenHistory, settleTables } from '../project/fill';
import { addPeople } from '../project/people';
import { openProject } from '../project/project';
import { createReceiver } from '../project/receiver';
import { ask, openDirect } from '../project/rest';
import { untilAcknowledged } from '../project/untilAcknowledged';

const contender = (name: string, length: number): Contender => ({
  name,
  async open(scope) {
    const project = await openProject(scope);
    const [ana, ben] = await addPeople(project, 2);
    if (ana === undefined || ben === undefined) throw new Error('too few users');
    const conversationId = await openDirect(project, ana.token, ben.id);
    const history = { conversationId, senderId: ana.id };
    for (let left = length; left > 0; left -= 100_000) {
      await lengthenHistory(project.pool, { ...history, count: Math.min(left, 100_000) });
    }
    await settleTables(project.pool);
    const sender = await openFrameSocket({
      ...{ url: project.url, onEvent: () => undefined, lost: scope.fail },
      auth: { token: ana.token, deviceId: 'bench', brief: true, batch: true },
    });
    scope.onClose(() => sender.close());
    let [n, arrived] = [0, 0];
    /** Delivers the messages to the recipient, who was offline so as not to be measured. */
    const drain = async (): Promise<void> => {
      const arrivals = createArrivals(n - arrived);
      const receiver = await createReceiver({
        ...{ url: project.url, token: ben.token, lost: scope.fail, arrived: arrivals.arrived },
      });
      await arrivals.all;
      await untilAcknowledged(project, ben.id, [conversationId]);
      receiver.close();
      arrived += arrivals.count();
      if (arrived !== n) throw new Error(`${n} messages were sent, ${arrived} have arrived`);
    };
    const send = (): Promise<void> =>
      new Promise((resolve) =>
        sender.request(
          'chat:message_send',
          `{"conversationId":"${conversationId}","contentEncrypted":"${bodyOf(n)}","clientMessageId":"${n++}"}`,
          () => resolve(),
        ),
      );
    const times = scope.effort === 'full' ? 250 : 60;
    return {
      async run() {
        const sendMs = await medianMs(times, send);
        const pageMs = await medianMs(times, () =>
          ask(project, ben.token, 'GET', `/api/messages/${conversationId}?limit=50`),
        );
        await expectStored(project, [conversationId], length + n);
        await drain();
        return { sendMs, pageMs };
      },
    };
  },
});

const [long, short] = [
  contender('in a history of 1,000,000', 1_000_000),
  contender('in a history of 1,000', 1_000),
];
const names = { project: long.name, peer: short.name, bound: { atMost: 1.1 } };

export const longHistory: Contest = {
  name: 'history',
  what: 'send and newest page in a history of 1,000,000 and of 1,000, one at a time',
  rounds: { quick: 6, full: 20 },
  contenders: [long, short],
  comparisons: [
    { ...names, figure: 'sendMs', unit: 'ms to send' },
    { ...names, figure: 'pageMs', unit: 'ms for the newest page' },
  ],
};
