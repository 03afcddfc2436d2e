import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** Identifies a process, even after its id has been reused. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

const onLinux = process.platform === 'linux';

/**
 * The scope in which process ids are unique: this boot of the machine and, on Linux, this pid namespace. Containers
 * have separate namespaces, so an id of one means nothing in another.
 */
export function processScope(): string {
  if (!onLinux) return os.hostname();
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return os.hostname();
  }
}

/** The process' start time as the system reports it; undefined when it is gone or a zombie. */
export function startOf(pid: number): string | undefined {
  try {
    if (!onLinux) {
      const lines = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).toString();
      return lines.startsWith('Z') ? undefined : lines.trim().replace(/^\S+\s+/, '') || undefined;
    }
    // The name in parentheses may contain spaces and parentheses.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** Returns the identity of a running process; undefined when no process has this id. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isAlive(process: ProcessIdentity): boolean {
  return startOf(process.pid) === process.startedAt;
}

/**
 * Whether the process with this id is `program`, running in `folder`. A process id from a file may belong to another
 * process by now.
 */
export function runsIn(pid: number, folder: string, program: RegExp): boolean {
  try {
    if (onLinux) {
      return (
        program.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8')) &&
        readlinkSync(`/proc/${pid}/cwd`) === folder
      );
    }
    return program.test(execFileSync('ps', ['-o', 'command=', '-p', String(pid)]).toString());
  } catch {
    return false;
  }
}

/** Sends a signal if the process still exists. */
export function signal(process: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(process)) return;
  try {
    globalThis.process.kill(process.pid, name);
  } catch {
    // It ended between the check and the signal.
  }
}

/** Resolves with whether the process has ended within `timeoutMs`. */
export async function hasEnded(process: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(process)) {
    if (Date.now() >= deadline) return false;
    await delay(20);
  }
  return true;
}

/** Sends each signal in turn and waits up to its grace time for the process to end. */
export async function end(
  process: ProcessIdentity,
  steps: readonly (readonly [name: NodeJS.Signals, graceMs: number])[],
): Promise<void> {
  for (const [name, graceMs] of steps) {
    signal(process, name);
    if (await hasEnded(process, graceMs)) return;
  }
}
