import { randomUUID } from 'node:crypto';
import type { Scope } from '../../contest';
import { openMqttSocket } from '../../wire/mqtt';
import { bodyOf, createPair, type Pair } from '../../load/pair';

/** Opens pairs on a broker, with one topic per pair and QoS 1 in both directions. */
export async function openMosquittoPairs(
  scope: Scope,
  port: number,
  count: number,
): Promise<Pair[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const topic = randomUUID();
      const rest = { port, clean: true, lost: scope.fail };
      const receiver = await openMqttSocket({
        ...{ ...rest, clientId: randomUUID(), taken: () => undefined },
        arrived: () => pair.received(),
      });
      await receiver.subscribe(topic);
      const sender = await openMqttSocket({
        ...{ ...rest, clientId: randomUUID(), arrived: () => undefined },
        taken: () => pair.acknowledged(),
      });
      scope.onClose(() => [sender, receiver].forEach((socket) => socket.close()));
      const pair = createPair((n) => sender.publish(topic, bodyOf(n)));
      return pair;
    }),
  );
}
