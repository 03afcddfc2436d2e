import type { Contender, Figures, Scope } from './contest';
import { createScope } from './scope';

/** A contender that opens and closes everything for each run, because its runs would influence each other. */
export function freshEachRun(name: string, measure: (scope: Scope) => Promise<Figures>): Contender {
  return {
    name,
    open: (outer) =>
      Promise.resolve({
        async run() {
          const scope = createScope(outer.effort, outer.say, outer.profileTo);
          outer.onClose(() => scope.close());
          try {
            return await scope.unlessFailed(measure(scope));
          } finally {
            await scope.close();
          }
        },
      }),
  };
}
