import { hasEnded, isAlive, type ProcessIdentity, signal } from '@chasqui/services';
import Redis from 'ioredis';
import { bounded, DemoFailure, eventually } from './bounded';
import type { Target } from './target';
import { duration } from './terminal';

/** Something that was really done to the instance. */
export interface Fault {
  /** `server`, `worker` or `redis`. */
  what: string;
  deed: string;
  /** What came of it. */
  outcome: string;
  /** The process that has taken the place of the killed one. */
  heir?: ProcessIdentity;
}

const BACK_WITHIN_MS = 60_000;

/** kill -9 by process id, now; resolves when the launcher has brought another process in its place. */
export async function killPart(target: Target, name: string): Promise<Fault> {
  const victim = processOf(target, name);
  if (victim === undefined) throw new DemoFailure(`There is no running ${name} to kill.`);
  const since = performance.now();
  signal(victim, 'SIGKILL');
  if (!(await hasEnded(victim, 5_000))) {
    throw new DemoFailure(`kill -9 of the ${name}, process ${victim.pid}, had no effect.`);
  }
  const heir = await eventually(`the ${name} is back after kill -9`, BACK_WITHIN_MS, async () => {
    const next = processOf(target, name);
    if (next === undefined || next.pid === victim.pid || !isAlive(next)) return undefined;
    return name === 'server' && !(await isReady(target)) ? undefined : next;
  });
  return {
    what: name,
    deed: `kill -9 ${victim.pid}`,
    outcome: `back after ${duration(performance.now() - since)} as ${heir.pid}`,
    heir,
  };
}

/** Everything in Redis is gone, if it is the instance's own; somebody else's is left alone. */
export async function flushRedis(target: Target): Promise<Fault> {
  if (processOf(target, 'redis') === undefined) {
    return {
      what: 'redis',
      deed: 'not flushed',
      outcome: 'REDIS_URL is not its own',
    };
  }
  const client = new Redis(target.state().redis_url, { lazyConnect: true, retryStrategy: null });
  client.on('error', () => undefined);
  const flush = async () => {
    await client.connect();
    const [keys] = await Promise.all([client.dbsize(), client.flushall()]);
    return keys;
  };
  try {
    const keys = await bounded('Redis is flushed', 10_000, flush());
    return { what: 'redis', deed: 'FLUSHALL', outcome: `${keys} keys gone` };
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
