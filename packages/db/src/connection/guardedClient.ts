import net, { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import type { ConnectionTarget } from './databaseUrl';
import { PIN_SESSION, STATEMENT_TIMEOUT_MS } from './sessionSettings';

/** read_only_sql_transaction */
const READ_ONLY = '25006';
/** A prepared statement that is there twice or not at all: this is another session than before. */
const OTHER_SESSION = new Set(['26000', '42P05']);
const CONNECT_TIMEOUT_MS = 3_000;

/** Of this process, to whichever server. */
const living = new Set<GuardedClient>();

/**
 * A pg client that gives up its connection when a statement has had no answer in time. Without it a
 * frozen or silently cut PostgreSQL keeps every connection of the pool for ever, and a connection
 * whose answer is still to come would be handed to the next query (fault 17). The other connections to
 * the same server go with it: they were most likely cut too, and each would cost somebody a time-out
 * to find out (fault 16).
 */
export class GuardedClient extends Client {
  readonly #target: ConnectionTarget;
  /** Below TLS, if there is TLS. */
  readonly #wire: unknown;
  /** The session is not the one that the server greeted: a pooler stands between (docs/operations/postgresql.md). */
  isPooled = false;

  readonly #pins: string;

  /** `pins` are statements that prepare a new session. A migration's `query_timeout` is 0: none. */
  constructor(target: ConnectionTarget, config: ClientConfig, pins: string = PIN_SESSION) {
    super({
      keepAlive: true,
      query_timeout: STATEMENT_TIMEOUT_MS,
      ...config,
      ...target.client,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    this.#target = target;
    this.#pins = pins;
    this.#wire = Reflect.get(connectionOf(this) ?? {}, 'stream');
    this.forgetEnvironment();
    living.add(this);
    this.on('end', () => living.delete(this));
    // Out of the pool a connection may die at any time; the pool notices by itself.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    const guard = (error: unknown): void => {
      if (!(error instanceof Error)) return;
      const code: unknown = Reflect.get(error, 'code');
      // A standby, or a primary that was demoted: the address leads elsewhere now, or will soon.
      if (error.message === 'Query read timeout' || code === READ_ONLY) this.abandonAll();
      if (typeof code === 'string' && OTHER_SESSION.has(code)) this.abandon();
    };
    Object.assign(this, {
      query: (...args: unknown[]): unknown => {
        const last = args.at(-1);
        if (isCallback(last)) {
          args[args.length - 1] = (error: unknown, ...rest: unknown[]) => {
            guard(error);
            last(error, ...rest);
          };
          return query(...args);
        }
        const answer = query(...args);
        if (answer instanceof Promise) answer.catch(guard);
        return answer;
      },
    });
    // Assigned, as `query` is: pg calls it with a callback and with none.
    const connect = this.connect.bind(this) as () => Promise<unknown>;
    Object.assign(this, {
      connect: (done?: (error?: unknown) => void): unknown => {
        const connected = this.open(connect);
        if (done === undefined) return connected;
        connected.then(() => done(), done);
        return undefined;
      },
    });
  }

  /** Drops every connection of this process to the same server: at once, or when its work is done. */
  abandonAll(): void {
    this.abandon();
    for (const other of living) {
      if (other.host !== this.host || other.port !== this.port) continue;
      if (Reflect.get(other, 'readyForQuery') === true) other.abandon();
      // What Sequelize's pool asks before it hands a connection out.
      else Reflect.set(other, '_invalid', true);
    }
  }

  private async open(connect: () => Promise<unknown>): Promise<void> {
    if (this.#target.tlsIfOffered && !(await offersTls(this.host, this.port))) {
      Reflect.set(this, 'ssl', false);
      Reflect.set(connectionOf(this) ?? {}, 'ssl', false);
    }
    await connect();
    try {
      const results: unknown = await this.query(this.#pins);
      this.isPooled = pidOf(results) !== Reflect.get(this, 'processID');
    } catch (error) {
      this.abandon();
      throw error;
    }
  }

  /** What the shell happens to set is no setting of ours: PGOPTIONS, PGREPLICATION, PGCLIENTENCODING. */
  private forgetEnvironment(): void {
    const parameters: unknown = Reflect.get(this, 'connectionParameters');
    if (typeof parameters !== 'object' || parameters === null) return;
    Reflect.set(parameters, 'options', this.#target.client.options);
    Reflect.set(parameters, 'replication', undefined);
    Reflect.set(this, 'replication', undefined);
  }

  /**
   * Resets the socket: an orderly goodbye would wait behind the answer that does not come, and what waits
   * to be sent would still be, so that a statement took effect long after its sender was told to ask again.
   */
  private abandon(): void {
    const connection = connectionOf(this);
    const stream: unknown = connection && Reflect.get(connection, 'stream');
    for (const wire of new Set([this.#wire, stream])) {
      if (!(wire instanceof Socket)) continue;
      try {
        wire.resetAndDestroy();
      } catch {
        // Only TCP can be reset; TLS and Unix sockets can be closed without a goodbye at least.
        wire.destroy();
      }
    }
  }
}

/** Of the last of several results. */
function pidOf(results: unknown): unknown {
  const last: unknown = Array.isArray(results) ? results.at(-1) : results;
  const rows: unknown = last instanceof Object ? Reflect.get(last, 'rows') : undefined;
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined;
  return row instanceof Object ? Reflect.get(row, 'pid') : undefined;
}

function connectionOf(client: Client): object | undefined {
  const connection: unknown = Reflect.get(client, 'connection');
  return typeof connection === 'object' && connection !== null ? connection : undefined;
}

function isCallback(value: unknown): value is (error: unknown, ...rest: unknown[]) => void {
  return typeof value === 'function';
}

/** An SSLRequest: its length, and the code that no version of the protocol has. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/** Asks on a connection of its own. False also where nobody answers: connecting says then what is wrong. */
function offersTls(host: string, port: number): Promise<boolean> {
  // Over a Unix socket there is no TLS.
  if (host.startsWith('/')) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = net.connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const settle = (offered: boolean): void => {
      socket.destroy();
      resolve(offered);
    };
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', (answer) => settle(answer[0] === 'S'.charCodeAt(0)));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
    socket.once('end', () => settle(false));
  });
}
