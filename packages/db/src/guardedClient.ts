import { Socket } from 'node:net';
import { Client, type ClientConfig } from 'pg';

/** Longest time a statement may take before its connection is given up, milliseconds. */
export const STATEMENT_TIMEOUT_MS = 6_000;

/**
 * Every statement here finds few rows by a key. A plan that was made while the tables were small may
 * read them whole, and would be kept until they are next analyzed, which a busy minute does not wait
 * for: so each execution is planned by the size that the tables have (the hot functions pin their own).
 * JIT costs more than it gives on queries of a few rows.
 */
const PLANNING = [
  'plan_cache_mode=force_custom_plan',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'jit=off',
]
  .map((setting) => `-c ${setting}`)
  .join(' ');

/** read_only_sql_transaction */
const READ_ONLY = '25006';

/** Of this process, to whichever server. */
const living = new Set<GuardedClient>();

/**
 * A pg client that gives up its connection when a statement has had no answer in time. Without it a
 * frozen or silently cut PostgreSQL keeps every connection of the pool for ever, and a connection
 * whose answer is still to come would be handed to the next query (fault 17). The idle connections to
 * the same server go with it: they were most likely cut too, and each would cost somebody a time-out
 * to find out (fault 16).
 */
export class GuardedClient extends Client {
  constructor(config?: ClientConfig) {
    super({
      keepAlive: true,
      ...config,
      query_timeout: STATEMENT_TIMEOUT_MS,
      connectionTimeoutMillis: 3_000,
      lock_timeout: 4_000,
      idle_in_transaction_session_timeout: 30_000,
      options: PLANNING,
    });
    living.add(this);
    this.on('end', () => living.delete(this));
    // Out of the pool a connection may die at any time; the pool notices by itself.
    this.on('error', () => undefined);
    const query = this.query.bind(this) as (...args: unknown[]) => unknown;
    const guard = (error: unknown): void => {
      if (!(error instanceof Error)) return;
      if (error.message === 'Query read timeout') this.abandonAll();
      // A standby, or a primary that was demoted: the address leads elsewhere now, or will soon.
      if (Reflect.get(error, 'code') === READ_ONLY) this.abandon();
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
  }

  private abandonAll(): void {
    this.abandon();
    for (const other of living) {
      const isIdle: unknown = Reflect.get(other, 'readyForQuery');
      if (isIdle === true && other.host === this.host && other.port === this.port) {
        other.abandon();
      }
    }
  }

  /**
   * Resets the socket: an orderly goodbye would wait behind the answer that does not come, and what waits
   * to be sent would still be, so that a statement took effect long after its sender was told to ask again.
   */
  private abandon(): void {
    const connection: unknown = Reflect.get(this, 'connection');
    if (!(connection instanceof Object)) return;
    const stream: unknown = Reflect.get(connection, 'stream');
    if (stream instanceof Socket) stream.resetAndDestroy();
  }
}

function isCallback(value: unknown): value is (error: unknown, ...rest: unknown[]) => void {
  return typeof value === 'function';
}
