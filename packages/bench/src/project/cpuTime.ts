import { readdirSync, readFileSync } from 'node:fs';
import Redis from 'ioredis';
import type { Project } from './project';

// Linux says it in hundredths of a second, whatever the kernel's own ticks are (USER_HZ).
const MS_PER_TICK = 10;

/** CPU time that servers, worker, PostgreSQL and Redis have used so far, milliseconds. */
export async function cpuMs(project: Project): Promise<number> {
  const { rows } = await project.pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const postmaster = statOf(rows[0]?.pid ?? 0)?.parent;
  const redis = new Redis(project.redisUrl);
  const redisPid = Number(/^process_id:(\d+)/m.exec(await redis.info('server'))?.[1]);
  redis.disconnect();
  const programs = [...project.servers.map(({ program }) => program), project.worker];
  const single = [...programs.map(({ pid }) => pid), redisPid].map((pid) => statOf(pid)?.own ?? 0);
  const postgres = processes().flatMap((pid) => {
    const stat = statOf(pid);
    if (stat === undefined) return [];
    if (pid === postmaster) return [stat.own + stat.children];
    return stat.parent === postmaster ? [stat.own] : [];
  });
  return [...single, ...postgres].reduce((sum, ticks) => sum + ticks, 0) * MS_PER_TICK;
}

const processes = (): number[] => readdirSync('/proc').map(Number).filter(Number.isInteger);

interface Stat {
  parent: number;
  /** Ticks of its own, and of children that have ended. */
  own: number;
  children: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name may hold anything, brackets and spaces as well; the fields begin after it.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [parent = 0] = fields.slice(1);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return { parent, own: user + system, children: childUser + childSystem };
  } catch {
    return undefined;
  }
}
