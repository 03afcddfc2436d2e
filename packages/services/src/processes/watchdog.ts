// The watchdog process: outlives its launcher just long enough to clean up. See guard.ts.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { GuardMessage, Ward } from './guard';
import { end } from './processes';

const wards = new Map<number, Ward>();
const folders = new Set<string>();

// Only the closing pipe ends this process; ignore signals to the whole terminal.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => handle(JSON.parse(line) as GuardMessage));
lines.on('close', () => void cleanUp());

function handle(message: GuardMessage): void {
  switch (message.type) {
    case 'watch':
      wards.set(message.ward.pid, message.ward);
      break;
    case 'forget':
      wards.delete(message.pid);
      break;
    case 'remove':
      folders.add(message.folder);
      break;
  }
}

async function cleanUp(): Promise<void> {
  await endAll('app', 8_000);
  await endAll('store', 2_000);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

async function endAll(kind: Ward['kind'], graceMs: number): Promise<void> {
  const chosen = [...wards.values()].filter((ward) => ward.kind === kind);
  await Promise.all(
    chosen.map((ward) =>
      end(ward, [
        [ward.signal, graceMs],
        // On SIGQUIT PostgreSQL also ends its children; after SIGKILL they might stay.
        [kind === 'store' ? 'SIGQUIT' : 'SIGKILL', 500],
        ['SIGKILL', 500],
      ]),
    ),
  );
}
