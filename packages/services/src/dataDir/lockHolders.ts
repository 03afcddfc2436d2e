import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { identityOf, type ProcessIdentity } from '../processes/processes';

/**
 * Returns the parts of an instance (stores, migrations, servers, worker) that hold the operating system's lock on
 * this file, as far as they are visible. Never includes a launcher or its watchdog. Only Linux reveals the holders;
 * elsewhere the list is empty.
 */
export function partsHolding(file: string): ({ name: string } & ProcessIdentity)[] {
  if (process.platform !== 'linux') return [];
  const target = realpathSync(file);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const name = holds(pid, target) ? partName(pid) : undefined;
      const identity = name === undefined ? undefined : identityOf(Number(pid));
      return name === undefined || identity === undefined ? [] : [{ name, ...identity }];
    });
}

/** Whether the process holds the lock, not only an open file. */
function holds(pid: string, target: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some(
      (fd) =>
        readlinkSync(`/proc/${pid}/fd/${fd}`) === target &&
        readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8').includes('FLOCK'),
    );
  } catch {
    // The process has ended, or belongs to another user.
    return false;
  }
}

function partName(pid: string): string | undefined {
  const [command = '', script = ''] = commandLine(pid);
  const program = path.basename(command.split(' ')[0] ?? '');
  if (program === 'postgres') return 'postgres';
  if (/^(redis|valkey)-server$/.test(program)) return 'redis';
  return /dist\/(main|migrate)\.js$|bin\/tsc$/.test(script) ? 'app' : undefined;
}

function commandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
