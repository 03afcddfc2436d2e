import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Program } from '@chasqui/testkit';
import type { Scope } from '../contest';
import { until } from '../load/until';
import { callsOf, type CpuProfile, sharesOf } from './cpuProfile';
import { flameGraphOf } from './flameGraph';

/** Profiles a server only while measured work is running. */
export interface Profiler {
  /** Node options and environment that enable profiling in a program. */
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * Runs the work. With a profile folder, writes NAME.cpuprofile and NAME.svg of the latest work of that name. Failed work
   * leaves no profile.
   */
  during<T>(name: string, program: Program, work: () => Promise<T>): Promise<T>;
}

export function createProfiler({ profileTo, say }: Scope): Profiler {
  if (profileTo === undefined) {
    return { execArgv: [], env: {}, during: (_name, _program, work) => work() };
  }
  mkdirSync(profileTo, { recursive: true });
  const made = new Map<number, number>();

  return {
    execArgv: ['--require', path.join(__dirname, 'onSignal.js')],
    env: { PROFILE_TO: profileTo },
    async during(name, { pid }, work) {
      process.kill(pid, 'SIGUSR2');
      const result = await work();
      process.kill(pid, 'SIGUSR2');
      const count = (made.get(pid) ?? 0) + 1;
      made.set(pid, count);
      const written = path.join(profileTo, `${pid}-${count}.cpuprofile`);
      await until('the profile is written', () => existsSync(written));
      const file = path.join(profileTo, `${name}.cpuprofile`);
      renameSync(written, file);
      const whole = callsOf(JSON.parse(readFileSync(file, 'utf8')) as CpuProfile);
      writeFileSync(
        path.join(profileTo, `${name}.svg`),
        flameGraphOf(whole, `The server: ${name}`),
      );
      const shares = sharesOf(whole).map(
        ([layer, part]) => `${layer} ${(100 * part).toFixed(0)} %`,
      );
      say(`${name}: the server's time: ${shares.join(', ')}`);
      return result;
    },
  };
}
