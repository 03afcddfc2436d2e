import type { Action } from './action';

const MAX_CLIENTS = 3;

export const deviceActions: readonly Action[] = [
  {
    name: 'disconnect or reconnect',
    weight: 5,
    async act({ scenario, random }) {
      const client = random.pick(scenario.clients);
      if (client.isConnected()) client.close();
      else await client.open();
    },
  },
  {
    name: 'lose the connection',
    weight: 4,
    async act({ scenario, random }) {
      // Without a close packet, as in a tunnel; it reconnects automatically.
      const client = random.pick(scenario.clients);
      if (client.isConnected()) client.device.socket().io.engine.close();
    },
  },
  {
    name: 'add a device',
    weight: 1,
    async act({ scenario, random }) {
      const person = random.pick(scenario.people);
      const mine = scenario.clients.filter((one) => one.person === person);
      if (mine.length < MAX_CLIENTS) await scenario.addClient(person);
    },
  },
];
