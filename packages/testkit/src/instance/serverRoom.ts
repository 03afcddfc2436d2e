import { type Session, sessionSchema } from '@chasqui/protocol';
import { freshDatabase, type FreshDatabase } from '../database/freshDatabase';
import { createHttpClient, type HttpClient } from '../clients/httpClient';
import { openSocket, type SocketClient, type SocketOptions } from '../clients/socketClient';
import { until } from '../tools/until';

/** A server within this process, as `startNode` gives it. */
interface RunningNode {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server by these variables of its environment. */
type Start<Node> = (env: Record<string, string | undefined>, redisPrefix: string) => Promise<Node>;

/** Servers on one database and one prefix of Redis, people on them, and their connections. */
export interface ServerRoom<Node extends RunningNode> {
  readonly database: FreshDatabase;
  /** One more server. Wherever no other one is named the first is meant. */
  open(env?: Record<string, string>): Promise<Node>;
  urlOf(node?: Node): string;
  httpOf(node?: Node): HttpClient;
  /** Somebody new, signed in. */
  register(node?: Node): Promise<Session>;
  /** Another session of the same person. */
  login(person: Session, node?: Node): Promise<Session>;
  connect(token: string, options?: SocketOptions & { node?: Node }): Promise<SocketClient>;
  /**
   * A connection whose token was still good when all of `then` was done: on a machine that stands still for a
   * moment a token of a second may be over before it is used.
   */
  connectInTime(
    node: Node,
    person: Session,
    then?: (client: SocketClient) => Promise<void>,
  ): Promise<SocketClient>;
  /** Makes a direct conversation and resolves to its id. */
  direct(token: string, userId: string): Promise<string>;
  /** Closes the connections that were opened. */
  hangUp(): void;
  /** Ends everything, servers and database. */
  close(): Promise<void>;
}

const password = 'correct horse';

export async function openServerRoom<Node extends RunningNode>(
  start: Start<Node>,
): Promise<ServerRoom<Node>> {
  const database = await freshDatabase();
  const nodes: Node[] = [];
  const sockets: SocketClient[] = [];
  let people = 0;

  const urlOf = (node = nodes[0]): string => `http://127.0.0.1:${node?.port}`;
  const httpOf = (node?: Node): HttpClient => createHttpClient(urlOf(node));
  const room: ServerRoom<Node> = {
    ...{ database, urlOf, httpOf },
    async open(env = {}) {
      const settings = {
        ...{ PORT: '0', DATABASE_URL: database.url, REDIS_URL: process.env.TEST_REDIS_URL },
        ...{ JWT_SECRET: 'a secret of at least thirty-two characters', ...env },
      };
      const node = await start(settings, new URL(database.url).pathname);
      nodes.push(node);
      return node;
    },
    async register(node) {
      const username = `person${++people}`;
      const body = { username, email: `${username}@example.org`, password };
      return sessionSchema.parse((await httpOf(node)('POST', '/api/auth/register', { body })).body);
    },
    async login({ user: { username } }, node) {
      const body = { username, password };
      return sessionSchema.parse((await httpOf(node)('POST', '/api/auth/login', { body })).body);
    },
    async connect(token, { node, ...options } = {}) {
      const auth = { token, ...options.auth };
      const socket = await openSocket(urlOf(node), { ...options, auth });
      sockets.push(socket);
      return socket;
    },
    connectInTime: (node, person, then = () => Promise.resolve()) =>
      until('a token is good for long enough', async () => {
        const { access_token } = await room.login(person, node);
        const client = await room.connect(access_token, { node });
        const isOver = new Promise<null>((resolve) =>
          client.socket.once('disconnect', () => resolve(null)),
        );
        return Promise.race([then(client).then(() => client), isOver]);
      }),
    async direct(token, userId) {
      const reply = await httpOf()('POST', '/api/conversations/direct', {
        ...{ token, body: { user_id: userId } },
      });
      if (typeof reply.body === 'object' && reply.body !== null && 'id' in reply.body) {
        return String(reply.body.id);
      }
      throw new Error(`no conversation: ${reply.status}`);
    },
    hangUp() {
      for (const socket of sockets.splice(0)) socket.close();
    },
    async close() {
      room.hangUp();
      await Promise.all(nodes.map((node) => node.stop()));
      await database.drop();
    },
  };
  return room;
}
