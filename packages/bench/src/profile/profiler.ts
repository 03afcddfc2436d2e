import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Program } from '@pern/testing/program';
import type { Scope } from '../contest';
import { until } from '../load/until';
import { callsOf, type CpuProfile, sharesOf } from './cpuProfile';
import { flameGraphOf } from './flameGraph';

/** Profiles a server during the work that is measured, and during nothing else. */
export interface Profiler {
  /** What Node and the program have to be told to be profiled. */
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /**
   * Does the work; with a folder for profiles, NAME.cpuprofile and NAME.svg are in it afterwards, of the
   * last work of that name. Work that fails leaves none.
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
