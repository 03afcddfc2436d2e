import { randomUUID } from 'node:crypto';
import type { Contender, Contest, Figures, Scope } from '../contest';
import { createArrivals } from '../load/arrivals';
import { openFrameSocket } from '../wire/frames';
import { openMqttSocket } from '../wire/mqtt';
import { bodyOf } from '../load/pair';
import { storeLoad } from '../load/storeLoad';
import { ejabberdOffline } from '../peers/brokers/ejabberdOffline';
import { mosquittoMissing, startMosquitto } from '../peers/brokers/mosquitto';
import { expectStored } from '../project/countStored';
import { addPeople } from '../project/people';
import { openProject } from '../project/project';
import { createReceiver } from '../project/receiver';
import { openDirect } from '../project/rest';
import { untilAcknowledged } from '../project/untilAcknowledged';

const IN_FLIGHT = 200;

const messages = ({ effort }: Scope): number => (effort === 'full' ? 200_000 : 30_000);

/** Stores messages for an offline recipient, then drains them, in batches or one by one. */
const project = (name: string, batch: boolean): Contender => ({
  name,
  async open(scope) {
    const running = await openProject(scope);
    const [ana, ben] = await addPeople(running, 2);
    if (ana === undefined || ben === undefined) throw new Error('too few users');
    const conversationId = await openDirect(running, ana.token, ben.id);
    const receive = (arrived: () => void) =>
      createReceiver({ url: running.url, token: ben.token, batch, lost: scope.fail, arrived });
    // The device has to register first, so that the later messages count as missed.
    (await receive(() => undefined)).close();
    const sender = await openFrameSocket({
      ...{ url: running.url, onEvent: () => undefined, lost: scope.fail },
      auth: { token: ana.token, deviceId: 'bench', brief: true, batch: true },
    });
    scope.onClose(() => sender.close());
    let n = 0;
    const send = (acknowledged: () => void): void =>
      sender.request(
        'chat:message_send',
        `{"conversationId":"${conversationId}","contentEncrypted":"${bodyOf(n)}","clientMessageId":"${n++}"}`,
        acknowledged,
      );
    return {
      async run(): Promise<Figures> {
        const count = messages(scope);
        const stored = await running.profiled(batch ? 'store' : 'store-single', () =>
          storeLoad(send, { count, inFlight: IN_FLIGHT }),
        );
        await expectStored(running, [conversationId], n);
        const arrivals = createArrivals(count);
        const [receiver, drained] = await running.profiled(
          batch ? 'drain' : 'drain-single',
          async () => {
            const began = performance.now();
            const opened = await receive(arrivals.arrived);
            await arrivals.all;
            return [opened, (count / (performance.now() - began)) * 1000] as const;
          },
        );
        await untilAcknowledged(running, ben.id, [conversationId]);
        receiver.close();
        if (arrivals.count() !== count)
          throw new Error(`${count} stored, ${arrivals.count()} arrived`);
        return { stored, drained };
      },
    };
  },
});

const mosquitto: Contender = {
  name: 'mosquitto, in memory',
  missing: mosquittoMissing,
  async open(scope) {
    const port = await startMosquitto(scope);
    const [topic, clientId] = [randomUUID(), randomUUID()];
    const receive = (arrived: () => void) =>
      openMqttSocket({
        ...{ port, clientId, clean: false, lost: scope.fail, taken: () => undefined, arrived },
      });
    const first = await receive(() => undefined);
    await first.subscribe(topic);
    first.close();
    const waiting: (() => void)[] = [];
    const sender = await openMqttSocket({
      ...{ port, clientId: randomUUID(), clean: true, lost: scope.fail, arrived: () => undefined },
      taken: () => waiting.shift()?.(),
    });
    scope.onClose(() => sender.close());
    let n = 0;
    const send = (acknowledged: () => void): void => {
      waiting.push(acknowledged);
      sender.publish(topic, bodyOf(n++));
    };
    return {
      async run() {
        const count = messages(scope);
        const stored = await storeLoad(send, { count, inFlight: IN_FLIGHT });
        const arrivals = createArrivals(count);
        const began = performance.now();
        const receiver = await receive(arrivals.arrived);
        await arrivals.all;
        const drained = (count / (performance.now() - began)) * 1000;
        receiver.close();
        if (arrivals.count() !== count)
          throw new Error(`${count} stored, ${arrivals.count()} arrived`);
        return { stored, drained };
      },
    };
  },
};

const [batched, single] = [project('project', true), project('project, single messages', false)];
const ejabberd = ejabberdOffline(IN_FLIGHT);
const stored = { figure: 'stored', unit: 'stored/s', project: batched.name };
const drained = { figure: 'drained', unit: 'drained/s' };

export const offline: Contest = {
  name: 'offline',
  what: 'stored for one offline recipient, 200 in flight; drained when they come back',
  contenders: [batched, single, mosquitto, ejabberd],
  comparisons: [
    { ...stored, peer: mosquitto.name, bound: { atLeast: 0.25 } },
    { ...stored, peer: ejabberd.name, bound: { atLeast: 7 } },
    { ...drained, project: batched.name, peer: ejabberd.name, bound: { atLeast: 10 } },
    { ...drained, project: batched.name, peer: mosquitto.name, bound: { atLeast: 1 } },
    { ...drained, project: single.name, peer: mosquitto.name, bound: { atLeast: 0.4 } },
  ],
};
