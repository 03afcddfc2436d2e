import { randomUUID } from 'node:crypto';
import type { Contender } from '../../contest';
import { createArrivals } from '../../load/arrivals';
import { bodyOf } from '../../load/pair';
import { storeLoad } from '../../load/storeLoad';
import { openXmppSocket } from '../../wire/xmpp';
import { ejabberdMissing, startEjabberd } from './ejabberd';

// ejabberd slows down as a recipient's backlog grows; a small number shows it at its best.
const MESSAGES = 2_000;

/** Stores messages for an offline recipient, then drains them. */
export function ejabberdOffline(inFlight: number): Contender {
  return {
    name: 'ejabberd',
    missing: ejabberdMissing,
    async open(scope) {
      const port = await startEjabberd(scope);
      const [ana, ben] = [randomUUID(), randomUUID()];
      const quiet = (): void => undefined;
      const waiting: (() => void)[] = [];
      const sender = await openXmppSocket({
        ...{ port, user: ana, register: true, lost: scope.fail, arrived: quiet },
        taken: () => waiting.shift()?.(),
      });
      scope.onClose(() => sender.close());
      const first = await openXmppSocket({
        ...{ port, user: ben, register: true, lost: scope.fail, arrived: quiet, taken: quiet },
      });
      first.close();
      let n = 0;
      const send = (acknowledged: () => void): void => {
        waiting.push(acknowledged);
        sender.send(ben, bodyOf(n++));
      };
      return {
        async run() {
          const count = MESSAGES;
          const stored = await storeLoad(send, { count, inFlight });
          const arrivals = createArrivals(count);
          const began = performance.now();
          const receiver = await openXmppSocket({
            ...{ port, user: ben, lost: scope.fail, taken: quiet },
            arrived: arrivals.arrived,
          });
          receiver.appear();
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
}
