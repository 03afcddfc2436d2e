import { readdirSync, readFileSync } from 'node:fs';
import Redis from 'ioredis';
import type { Project } from './project';

// Linux reports times in hundredths of a second, independent of the kernel's tick rate (USER_HZ).
const MS_PER_TICK = 10;

/** Returns the CPU time used by servers, worker, PostgreSQL and Redis so far, milliseconds. */
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
  /** Ticks of the process itself; `children` are those of its exited children. */
  own: number;
  children: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The process name may contain parentheses and spaces; the fields start after it.
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
