import { readFile, readlink } from 'node:fs/promises';
import os from 'node:os';

/**
 * Identifies a process uniquely. A process id alone does not: it is reused after a reboot, and refers to a different
 * process in another container.
 */
export interface ProcessIdentity {
  pid: number;
  /** Start time in the system's own units; null where the system does not provide it. */
  startedAt: string | null;
  /** The boot and container in which the process id is valid; null if unknown. */
  scope: string | null;
}

/** Returns the start time of a process; null if it does not exist or is a zombie. */
export async function startOf(pid: number): Promise<string | null> {
  try {
    // The process name in parentheses may itself contain spaces and parentheses.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

export async function ownIdentity(): Promise<ProcessIdentity> {
  return { pid: process.pid, startedAt: await startOf(process.pid), scope: await ownScope() };
}

export async function ownScope(): Promise<string> {
  try {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return `${boot.trim()} ${await readlink('/proc/self/ns/pid')}`;
  } catch {
    return os.hostname();
  }
}
