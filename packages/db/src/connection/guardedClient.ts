import net, { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';
import type { ConnectionTarget } from './databaseUrl';
import { PIN_SESSION, STATEMENT_TIMEOUT_MS } from './sessionSettings';

// The only file that uses members of pg which its types do not offer: of a client `connection`, `connectionParameters`,
// `processID`, `readyForQuery`, `replication`, `ssl` and `_invalid`, of its connection `stream` and `ssl`. Checked with pg
// 8.23.1; guardedClient.test.ts fails with another version.

/** read_only_sql_transaction */
const READ_ONLY = '25006';
/** A prepared statement exists twice or not at all: the session has changed. */
const OTHER_SESSION = new Set(['26000', '42P05']);
const CONNECT_TIMEOUT_MS = 3_000;

/** All clients of this process. */
const living = new Set<GuardedClient>();

/**
 * A pg client that drops its connection when a statement gets no answer in time. Otherwise a frozen or silently cut
 * PostgreSQL would keep every connection of the pool forever, and a connection with an outstanding answer would serve
 * the next query (fault 17 in docs/testing/faults.md). Other connections to the same server are dropped too: they
 * were most likely cut as well, and each would cost a time-out to find out (fault 16).
 */
export class GuardedClient extends Client {
  readonly #target: ConnectionTarget;
  /** The socket below TLS, if TLS is used. */
  readonly #wire: unknown;
  /**
   * A pooler is in between: the session differs from the one that was opened (docs/operations/postgresql.md).
   */
  isPooled = false;

  readonly #pins: string;

  /** `pins` are statements that set up a new session. A migration sets `query_timeout` to 0: no limit. */
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
    // A pooled connection may die at any time; the pool notices that itself.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    const guard = (error: unknown): void => {
      if (!(error instanceof Error)) return;
      const code: unknown = Reflect.get(error, 'code');
      // A standby, or a demoted primary: the address leads to another server now, or soon will.
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
    // Assigned like `query`, because pg calls it with and without a callback.
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

  /**
   * Drops all connections of this process to the same server: idle ones at once, busy ones when they are returned.
   */
  abandonAll(): void {
    this.abandon();
    for (const other of living) {
      if (other.host !== this.host || other.port !== this.port) continue;
      if (Reflect.get(other, 'readyForQuery') === true) other.abandon();
      // Sequelize's pool checks this before it hands out a connection.
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

  /** Ignores settings of the shell: PGOPTIONS, PGREPLICATION, PGCLIENTENCODING. */
  private forgetEnvironment(): void {
    const parameters: unknown = Reflect.get(this, 'connectionParameters');
    if (typeof parameters !== 'object' || parameters === null) return;
    Reflect.set(parameters, 'options', this.#target.client.options);
    Reflect.set(parameters, 'replication', undefined);
    Reflect.set(this, 'replication', undefined);
  }

  /**
   * Resets the socket. An orderly close would wait for the missing answer and still send queued data, so a statement
   * could take effect long after its sender was told to retry.
   */
  private abandon(): void {
    const connection = connectionOf(this);
    const stream: unknown = connection && Reflect.get(connection, 'stream');
    for (const wire of new Set([this.#wire, stream])) {
      if (!(wire instanceof Socket)) continue;
      try {
        wire.resetAndDestroy();
      } catch {
        // Only TCP sockets can be reset; TLS and Unix sockets are destroyed.
        wire.destroy();
      }
    }
  }
}

/** The pid in the last of several results. */
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

/** An SSLRequest message: its length, and a code that no protocol version uses. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Asks the server on a separate connection. Also false when no server answers; connecting then reports the error.
 */
function offersTls(host: string, port: number): Promise<boolean> {
  // Unix sockets have no TLS.
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
