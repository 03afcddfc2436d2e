import { createProbe } from '../connect';
import { DatabaseUrlError } from '../databaseUrl';
import type { GuardedClient } from '../guardedClient';
import { sharesSessions, TRANSACTION_POOLING, whyUnfit } from '../serverFitness';
import { serverFacts } from '../../statements/instance';
import { onClient } from '../../statements/queriers';

/** Error codes of OpenSSL and Node: the settings do not accept the server's certificate. */
const CERTIFICATE = /CERT|UNABLE_TO_|ERR_TLS|ERR_SSL|HOSTNAME_MISMATCH/;
/** protocol_violation: pgbouncer's answer to an unknown start-up parameter. */
const PROTOCOL_VIOLATION = '08P01';

/**
 * Why Chasqui cannot use this database, in one line, checked before anything else is opened. Undefined when it can,
 * and when no server answers there yet, because the process may start before PostgreSQL does (D11).
 */
export async function whyRefused(url: string): Promise<string | undefined> {
  const clients: GuardedClient[] = [];
  const open = async (): Promise<GuardedClient> => {
    const client = createProbe(url);
    clients.push(client);
    await client.connect();
    return client;
  };
  try {
    return await whyUnusable(await open(), open);
  } catch (error) {
    return reasonOf(error);
  } finally {
    await Promise.all(clients.map((client) => client.end().catch(() => undefined)));
  }
}

/** The same check on a connected client. Behind a pooler, `openAnother` opens a second one. */
export async function whyUnusable(
  client: GuardedClient,
  openAnother: () => Promise<GuardedClient>,
): Promise<string | undefined> {
  const facts = await serverFacts.row(onClient(client));
  const unfit = facts && whyUnfit(facts);
  if (unfit !== undefined || !client.isPooled) return unfit;
  return (await sharesSessions(client, await openAnother())) ? TRANSACTION_POOLING : undefined;
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof DatabaseUrlError) return error.message;
  const code = String(Reflect.get(error, 'code'));
  if (error.message === 'The server does not support SSL connections') {
    return 'the server offers no TLS but sslmode requires it: set sslmode=prefer or disable, or enable TLS on the server';
  }
  if (CERTIFICATE.test(code)) {
    return `the server's certificate is not trusted (${code}): set sslrootcert to its root certificate, or change sslmode`;
  }
  if (code === PROTOCOL_VIOLATION) return `the pooler refuses the connection: ${error.message}`;
  return undefined;
}
