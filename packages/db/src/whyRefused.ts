import { createProbe } from './connect';
import { DatabaseUrlError } from './databaseUrl';
import type { GuardedClient } from './guardedClient';
import {
  SERVER_FACTS,
  sharesSessions,
  toServerFacts,
  TRANSACTION_POOLING,
  whyUnfit,
} from './serverFitness';

/** Of OpenSSL, by way of Node: the certificate is not one that the settings accept. */
const CERTIFICATE = /CERT|UNABLE_TO_|ERR_TLS|ERR_SSL|HOSTNAME_MISMATCH/;
/** protocol_violation: what pgbouncer says of a start-up parameter that it does not know. */
const PROTOCOL_VIOLATION = '08P01';

/**
 * Why no Chasqui can work with this address, in one line, before anything else is opened; undefined when it can,
 * or when nobody answers there yet, which is no reason not to start (D11).
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

/** The same of a client that is connected; `openAnother` opens one more where a pooler stands between. */
export async function whyUnusable(
  client: GuardedClient,
  openAnother: () => Promise<GuardedClient>,
): Promise<string | undefined> {
  const { rows } = await client.query<unknown[]>({ text: SERVER_FACTS, rowMode: 'array' });
  const unfit = whyUnfit(toServerFacts(rows[0]));
  if (unfit !== undefined || !client.isPooled) return unfit;
  return (await sharesSessions(client, await openAnother())) ? TRANSACTION_POOLING : undefined;
}

function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof DatabaseUrlError) return error.message;
  const code = String(Reflect.get(error, 'code'));
  if (error.message === 'The server does not support SSL connections') {
    return 'the server offers no TLS, and sslmode asks for it: sslmode=prefer or disable, or switch on TLS there';
  }
  if (CERTIFICATE.test(code)) {
    return `the certificate of the server is refused (${code}): name its root with sslrootcert, or see sslmode`;
  }
  if (code === PROTOCOL_VIOLATION) return `a pooler refuses the connection: ${error.message}`;
  return undefined;
}
