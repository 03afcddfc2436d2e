import { hasEnded, isAlive, signal, type ProcessIdentity } from '@chasqui/services';
import Redis from 'ioredis';
import { bounded, DemoFailure, eventually } from '../bounded';
import { duration } from '../report/terminal';
import type { Target } from './target';

/** A fault injected into the instance. */
export interface Fault {
  /** `server`, `worker` or `redis`. */
  what: string;
  deed: string;
  outcome: string;
  /** The process that replaced the killed one. */
  successor?: ProcessIdentity;
}

const BACK_WITHIN_MS = 60_000;

/** Kills a process with SIGKILL; resolves when the launcher has started its successor. */
export async function killPart(target: Target, name: string): Promise<Fault> {
  const victim = processOf(target, name);
  if (victim === undefined) throw new DemoFailure(`There is no running ${name} to kill.`);
  const since = performance.now();
  signal(victim, 'SIGKILL');
  if (!(await hasEnded(victim, 5_000))) {
    throw new DemoFailure(`kill -9 of the ${name}, process ${victim.pid}, had no effect.`);
  }
  const successor = await eventually(`restarting the ${name}`, BACK_WITHIN_MS, async () => {
    const next = processOf(target, name);
    if (next === undefined || next.pid === victim.pid || !isAlive(next)) return undefined;
    return name === 'server' && !(await isReady(target)) ? undefined : next;
  });
  return {
    what: name,
    deed: `kill -9 ${victim.pid}`,
    outcome: `back after ${duration(performance.now() - since)} as ${successor.pid}`,
    successor,
  };
}

/** Deletes everything in Redis if the instance runs its own; leaves a foreign Redis alone. */
export async function flushRedis(target: Target): Promise<Fault> {
  if (processOf(target, 'redis') === undefined) {
    return { what: 'redis', deed: 'not flushed', outcome: 'REDIS_URL is external' };
  }
  const client = new Redis(target.state().redis_url, { lazyConnect: true, retryStrategy: null });
  client.on('error', () => undefined);
  const flush = async () => {
    await client.connect();
    const [keys] = await Promise.all([client.dbsize(), client.flushall()]);
    return keys;
  };
  try {
    const keys = await bounded('flushing Redis', 10_000, flush());
    return { what: 'redis', deed: 'FLUSHALL', outcome: `${keys} keys deleted` };
  } finally {
    client.disconnect();
  }
}

function processOf(target: Target, name: string): ProcessIdentity | undefined {
  return target.state().processes.find((each) => each.name === name);
}

async function isReady(target: Target): Promise<boolean> {
  const url = `${target.state().urls[0]}/readyz`;
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  return response?.ok === true;
}
