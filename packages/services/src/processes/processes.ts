import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

/** A process that can be told from a later one with the same id. */
export interface ProcessIdentity {
  pid: number;
  startedAt: string;
}

const onLinux = process.platform === 'linux';

/**
 * Within which process ids mean the same: this run of the machine and, on Linux, this namespace. Two
 * containers have namespaces of their own, and a process id of one says nothing in the other.
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

/** When the process began, in the system's own words; undefined when it is gone or a zombie. */
export function startOf(pid: number): string | undefined {
  try {
    if (!onLinux) {
      const lines = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).toString();
      return lines.startsWith('Z') ? undefined : lines.trim().replace(/^\S+\s+/, '') || undefined;
    }
    // The name in parentheses may hold spaces and parentheses of its own.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

/** The identity of a living process; undefined when there is none with this id. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAt = startOf(pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

export function isAlive(process: ProcessIdentity): boolean {
  return startOf(process.pid) === process.startedAt;
}

/**
 * Whether the process with this id is `program`, running in `folder`. A process id that we read
 * from a file may belong to somebody else by now.
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

/** Sends a signal if the process is still there. */
export function signal(process: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(process)) return;
  try {
    globalThis.process.kill(process.pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Resolves to whether the process is gone before `timeoutMs` have passed. */
export async function hasEnded(process: ProcessIdentity, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(process)) {
    if (Date.now() >= deadline) return false;
    await delay(20);
  }
  return true;
}

/** Asks the process to end with each signal in turn, giving it the time that stands beside it. */
export async function end(
  process: ProcessIdentity,
  steps: readonly (readonly [name: NodeJS.Signals, graceMs: number])[],
): Promise<void> {
  for (const [name, graceMs] of steps) {
    signal(process, name);
    if (await hasEnded(process, graceMs)) return;
  }
}
