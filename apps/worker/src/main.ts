import '@chasqui/settings/nodeVersion';
import { whyRefused } from '@chasqui/db';
import { createWorker } from './createWorker';
import { createLog } from './observability/log';
import { parseSettings, type Settings } from './settings';

/** Only this file reads the environment and handles signals. */
async function main(): Promise<void> {
  let settings: Settings;
  try {
    settings = parseSettings(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    return;
  }
  const log = createLog(settings.logLevel);
  // No supervisor is assumed (D11): an uncaught bug is logged and the worker keeps running.
  process.on('unhandledRejection', (error) =>
    log.error({ err: error }, 'unhandled promise rejection'),
  );
  process.on('uncaughtException', (error) => log.error({ err: error }, 'uncaught exception'));

  const refused = await whyRefused(settings.databaseUrl);
  if (refused !== undefined) throw new Error(refused);
  const worker = await createWorker({ ...settings, log });
  log.info({ operatorPort: worker.operatorPort }, 'the worker is running');

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    // The promise is 10 s, even when a connection hangs.
    setTimeout(() => process.exit(1), 9_500).unref();
    worker.stop().then(
      () => {
        log.info({}, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'shutdown failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop).on('SIGINT', stop);
}

main().catch((error: unknown) => {
  process.stderr.write(
    `The worker could not start: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
