import { type Session, sessionSchema } from '@chasqui/protocol';
import { freshDatabase, type FreshDatabase } from '../database/freshDatabase';
import { createHttpClient, type HttpClient } from '../clients/httpClient';
import { openSocket, type SocketClient, type SocketOptions } from '../clients/socketClient';
import { until } from '../tools/until';

/** A server inside this process, as `startNode` returns it. */
interface RunningNode {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts a server with this environment. */
type Start<Node> = (env: Record<string, string | undefined>, redisPrefix: string) => Promise<Node>;

/** In-process servers that share a database and a Redis prefix, with their users and connections. */
export interface ServerFixture<Node extends RunningNode> {
  readonly database: FreshDatabase;
  /** Starts another server. Methods without a `node` use the first one. */
  open(env?: Record<string, string>): Promise<Node>;
  urlOf(node?: Node): string;
  httpOf(node?: Node): HttpClient;
  /** Registers a new user. */
  register(node?: Node): Promise<Session>;
  /** Opens another session of a user. */
  login(person: Session, node?: Node): Promise<Session>;
  connect(token: string, options?: SocketOptions & { node?: Node }): Promise<SocketClient>;
  /**
   * Connects and runs `then`, and retries with a new session if the token expires before `then` is done: on a
   * machine that stalls, a token of one second can expire before it is used.
   */
  connectInTime(
    node: Node,
    person: Session,
    then?: (client: SocketClient) => Promise<void>,
  ): Promise<SocketClient>;
  /** Creates a direct conversation and resolves to its id. */
  direct(token: string, userId: string): Promise<string>;
  /** Closes all connections. */
  disconnectAll(): void;
  /** Stops the servers and drops the database. */
  close(): Promise<void>;
}

const password = 'correct horse';

export async function openServerFixture<Node extends RunningNode>(
  start: Start<Node>,
): Promise<ServerFixture<Node>> {
  const database = await freshDatabase();
  const nodes: Node[] = [];
  const sockets: SocketClient[] = [];
  let users = 0;

  const urlOf = (node = nodes[0]): string => `http://127.0.0.1:${node?.port}`;
  const httpOf = (node?: Node): HttpClient => createHttpClient(urlOf(node));
  const fixture: ServerFixture<Node> = {
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
      const username = `person${++users}`;
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
      until('a connection outlives its work', async () => {
        const { access_token } = await fixture.login(person, node);
        const client = await fixture.connect(access_token, { node });
        const ended = new Promise<null>((resolve) =>
          client.socket.once('disconnect', () => resolve(null)),
        );
        return Promise.race([then(client).then(() => client), ended]);
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
    disconnectAll() {
      for (const socket of sockets.splice(0)) socket.close();
    },
    async close() {
      fixture.disconnectAll();
      await Promise.all(nodes.map((node) => node.stop()));
      await database.drop();
    },
  };
  return fixture;
}
