import type { AnswerOf, endpoints, Message } from '@chasqui/protocol';
import {
  createPeople,
  type Instance,
  openInstance,
  openSocket,
  type People,
  type Person,
  type SocketClient,
} from '@chasqui/testkit';

/** An instance with contact requests, two nodes, and the actions that several files need. */
export interface ConsentFixture {
  readonly instance: Instance;
  readonly people: People;
  connect(person: Person, node: number): Promise<SocketClient>;
  requestsOf(person: Pick<Person, 'call'>): Promise<Request[]>;
  /** Parameters for the first pending request. */
  requestOf(person: Person): Promise<{ params: { id: string } }>;
  /** Ana has sent Ben a request with two messages; both are connected. */
  asked(): Promise<Asked>;
  close(): Promise<void>;
}

type Request = AnswerOf<typeof endpoints.listRequests>['requests'][number];

export interface Asked {
  ana: Person;
  ben: Person;
  anas: SocketClient;
  bens: SocketClient;
  id: string;
  first: Message;
}

export async function openConsentFixture(): Promise<ConsentFixture> {
  const env = { CONTACT_POLICY: 'requests', SWEEP_INTERVAL_MS: '1000' };
  const instance = await openInstance({ nodes: 2, env });
  const people = createPeople(instance);
  const sockets: SocketClient[] = [];

  const fixture: ConsentFixture = {
    instance,
    people,
    async connect({ token }, node) {
      const socket = await openSocket(instance.url(node), { auth: { token } });
      sockets.push(socket);
      return socket;
    },
    requestsOf: async (person) => (await person.call('listRequests')).body.requests,
    async requestOf(person) {
      const [request] = await fixture.requestsOf(person);
      if (request === undefined) throw new Error('there is no request');
      return { params: { id: request.id } };
    },
    async asked() {
      const { ana, ben } = await people.registerAll('ana', 'ben');
      const [anas, bens] = [await fixture.connect(ana, 0), await fixture.connect(ben, 1)];
      const { id } = await people.direct(ana, ben);
      const first = await ana.send(id, 'hello', { client_message_id: 'first' });
      await ana.send(id, 'it is me');
      return { ana, ben, anas, bens, id, first };
    },
    async close() {
      for (const socket of sockets) socket.close();
      people.disconnectAll();
      await instance.close();
    },
  };
  return fixture;
}
