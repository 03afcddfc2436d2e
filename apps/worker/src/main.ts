import { describeError } from '@pern/db/describeError';
import { whyRefused } from '@pern/db/whyRefused';
import pino from 'pino';
import { createWorker } from './createWorker';
import { parseSettings, type Settings } from './settings';

/** The only place that reads the environment and handles signals. */
async function main(): Promise<void> {
  let settings: Settings;
  try {
    settings = parseSettings(process.env);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    return;
  }
  const log = pino({
    ...{ name: 'worker', level: settings.logLevel },
    serializers: { err: describeError },
  });
  // Nobody restarts us: a rejection that nobody awaited is a bug to report, not a reason to die.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'an unhandled rejection'));

  const refused = await whyRefused(settings.databaseUrl);
  if (refused !== undefined) throw new Error(refused);
  const worker = await createWorker({ ...settings, log });
  log.info({ operatorPort: worker.operatorPort }, 'the worker is at work');

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    // The promise is 10 s, whatever hangs.
    setTimeout(() => process.exit(1), 9_500).unref();
    worker.stop().then(
      () => {
        log.info({}, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.error({ err: error }, 'could not stop properly');
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
