import { statfs } from 'node:fs/promises';

/** The log of the watching process. */
interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface SpaceReading {
  /** Space that is available to unprivileged processes. */
  freeBytes: number;
  totalBytes: number;
}

export type SpaceLevel = 'enough' | 'low' | 'critical';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** A share of the disk, within bounds: 10 % of a large disk is plenty, 10 % of a small one is little. */
const LEVELS = [
  { level: 'critical', share: 0.02, leastBytes: 128 * MIB, mostBytes: 4 * GIB },
  { level: 'low', share: 0.1, leastBytes: GIB, mostBytes: 20 * GIB },
] as const;

export function spaceLevel({ freeBytes, totalBytes }: SpaceReading): SpaceLevel {
  const reached = LEVELS.find(
    ({ share, leastBytes, mostBytes }) =>
      freeBytes < Math.min(Math.max(totalBytes * share, leastBytes), mostBytes),
  );
  return reached?.level ?? 'enough';
}

export interface SpaceWatch {
  /** Null while unknown: before the first reading, or when the folder cannot be read. */
  freeBytes(): number | null;
  /** One sentence while space is low. It may be public, so it contains no path and no figure. */
  warnings(): string[];
  stop(): void;
}

export interface SpaceWatchOptions {
  /** Any folder on the disk; undefined to watch nothing. */
  folder: string | undefined;
  log: Log;
  read?(folder: string): Promise<SpaceReading>;
  everyMs?: number;
}

const WARNINGS = {
  low: 'disk space is low',
  critical: 'the disk is nearly full',
} as const;

const SEVERITY: Readonly<Record<SpaceLevel, number>> = { enough: 0, low: 1, critical: 2 };

/**
 * Reads the free space of a disk now and every five seconds. Logs one line each time it falls below a threshold, and
 * one when it has recovered. Never throws.
 */
export function watchSpace({
  folder,
  log,
  read = readSpace,
  everyMs = 5_000,
}: SpaceWatchOptions): SpaceWatch {
  let last: SpaceReading | undefined;
  let level: SpaceLevel = 'enough';
  let hasFailed = false;
  let isReading = false;

  function note(reading: SpaceReading): void {
    const next = spaceLevel(reading);
    const figures = { folder, ...reading };
    if (next === 'enough') {
      if (level !== 'enough') log.info(figures, 'the disk has enough free space again');
    } else if (SEVERITY[next] > SEVERITY[level]) {
      const line = `low disk space: ${sentence(reading)}`;
      if (next === 'critical') log.error(figures, line);
      else log.warn(figures, line);
    }
    last = reading;
    level = next;
  }

  async function check(): Promise<void> {
    // Calls must not pile up on a hanging network file system.
    if (folder === undefined || isReading) return;
    isReading = true;
    try {
      note(await read(folder));
      hasFailed = false;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!hasFailed) log.warn({ folder, reason }, 'could not read the free disk space');
      hasFailed = true;
      last = undefined;
    } finally {
      isReading = false;
    }
  }

  void check();
  const timer = setInterval(() => void check(), everyMs);
  timer.unref();
  return {
    freeBytes: () => last?.freeBytes ?? null,
    warnings: () => (last === undefined || level === 'enough' ? [] : [WARNINGS[level]]),
    stop: () => clearInterval(timer),
  };
}

function sentence({ freeBytes, totalBytes }: SpaceReading): string {
  const free = `${Math.floor(freeBytes / MIB)} MiB of ${Math.ceil(totalBytes / MIB)} MiB`;
  return `the disk of DATA_DIR has ${free} left; free some space or messages can no longer be stored`;
}

async function readSpace(folder: string): Promise<SpaceReading> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
