import type { Redis } from 'ioredis';

/** A script of Redis as a function: keys and arguments in, a list out. Throws what the connection throws. */
export type Script = (keys: string[], args: (string | number)[]) => Promise<unknown[]>;

export function defineScript(redis: Redis, name: string, lua: string): Script {
  redis.defineCommand(name, { lua });
  // defineCommand adds a method that only the type does not know.
  const script: unknown = Reflect.get(redis, name);
  return async (keys, args) => {
    if (typeof script !== 'function') throw new Error(`no script ${name}`);
    const answer: unknown = await Reflect.apply(script, redis, [keys.length, ...keys, ...args]);
    if (!Array.isArray(answer)) throw new Error(`${name} answered with something else than a list`);
    return answer.map((value: unknown) => value);
  };
}
