import { readFile, readlink } from 'node:fs/promises';
import os from 'node:os';

/**
 * A process, so described that no other is mistaken for it: a process id alone is given to another
 * process after a restart, and in another container means another process.
 */
export interface ProcessIdentity {
  pid: number;
  /** When the process began, in the system's own units; null where the system does not say. */
  startedAt: string | null;
  /** Within which process ids mean the same: this run of the machine, this container. Null: unknown. */
  scope: string | null;
}

/** Null when there is no such process, or only its remains. */
export async function startOf(pid: number): Promise<string | null> {
  try {
    // The name in parentheses may hold spaces and parentheses of its own.
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
