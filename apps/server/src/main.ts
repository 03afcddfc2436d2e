import '@chasqui/settings/nodeVersion';
import { whyRefused } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import { parseServerSettings, type Settings, SettingsError } from '@chasqui/settings';
import { createLog } from './observability/log';
import { startNode } from './startNode';

// The promise is 10 s, even when PostgreSQL or Redis is down.
const STOP_WITHIN_MS = 9_500;

/** Starts a node. The only file of a node that reads the environment and handles signals. */
async function main(): Promise<void> {
  const settings = readSettings();
  if (settings === undefined) return;
  const log = createLog(settings.LOG_LEVEL);
  surviveBugs(log);

  const refused = await whyRefused(settings.DATABASE_URL);
  if (refused !== undefined) throw new Error(refused);
  if (settings.REGISTRATION === 'open' && !settings.EMBEDDED) {
    log.warn({}, 'registration is open to anyone who can reach this server; see REGISTRATION');
  }
  const node = await startNode({ settings, log });
  log.info({ host: settings.HOST, port: node.port }, 'listening');

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    void node.stop().then(() => {
      log.info({}, 'stopped');
      process.exit(0);
    });
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

function readSettings(): Settings | undefined {
  try {
    return parseServerSettings(process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

/**
 * No supervisor is assumed (D11), and PostgreSQL holds all state that matters. So after an uncaught
 * error the process logs it and keeps serving the other connections.
 */
function surviveBugs(log: Log): void {
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'));
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`The server could not start: ${reason}\n`);
  process.exit(1);
});
