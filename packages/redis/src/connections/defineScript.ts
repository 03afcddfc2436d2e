import type { Redis } from 'ioredis';

/**
 * A Lua script on one connection: keys and arguments in, a list out. ioredis sends its hash, and its
 * text only to a server that does not have it yet. Rejects with what the connection rejects with.
 */
export type Script = (keys: string[], args: (string | number)[]) => Promise<unknown[]>;

/** `name` becomes a command of the connection, so it has to be unique there. */
export function defineScript(redis: Redis, name: string, lua: string): Script {
  redis.defineCommand(name, { lua });
  // defineCommand adds a method that the type does not declare.
  const script: unknown = Reflect.get(redis, name);
  return async (keys, args) => {
    if (typeof script !== 'function') throw new Error(`no script ${name}`);
    const answer: unknown = await Reflect.apply(script, redis, [keys.length, ...keys, ...args]);
    if (!Array.isArray(answer)) throw new Error(`the script ${name} did not return a list`);
    return answer.map((value: unknown) => value);
  };
}
