import type { Randomness } from '@chasqui/testkit';
import type { Scene, Wires } from '../faults/scene';

/** Something that breaks, and is mended after `forMs`. */
export interface Mishap {
  readonly name: string;
  readonly weight: number;
  /** The longest that it lasts, milliseconds. */
  readonly forMs: number;
  /** Breaks it; resolves to what mends it. */
  strike(scene: Scene, random: Randomness): Promise<() => Promise<void> | void>;
}

const wiresOf = (scene: Scene): Wires[] => [scene.server(0), scene.server(1), ...scene.workers()];

function wire(
  name: string,
  weight: number,
  forMs: number,
  strike: (proxy: Wires[keyof Wires]) => () => void,
): Mishap {
  return {
    ...{ name, weight, forMs },
    async strike(scene, random) {
      const store = random.pick(['postgres', 'redis'] as const);
      return strike(random.pick(wiresOf(scene))[store]);
    },
  };
}

export const mishaps: readonly Mishap[] = [
  {
    ...{ name: 'a server is killed', weight: 5, forMs: 3_000 },
    async strike(scene, random) {
      const node = scene.server(random.below(2));
      await node.program.kill();
      return () => node.restart();
    },
  },
  {
    ...{ name: 'a server is stopped', weight: 2, forMs: 2_000 },
    async strike(scene, random) {
      const node = scene.server(random.below(2));
      await node.program.stop();
      return () => node.restart();
    },
  },
  {
    ...{ name: 'a server is frozen', weight: 2, forMs: 6_000 },
    async strike(scene, random) {
      const { program } = scene.server(random.below(2));
      program.freeze();
      return () => program.thaw();
    },
  },
  {
    ...{ name: 'a worker is killed', weight: 3, forMs: 4_000 },
    async strike(scene, random) {
      const worker = scene.worker(random.below(2));
      await worker.program.kill();
      return () => worker.restart();
    },
  },
  {
    ...{ name: 'Redis is killed and comes back empty', weight: 4, forMs: 5_000 },
    async strike(scene) {
      const { redis } = scene.instance;
      await redis.kill();
      return () => redis.start();
    },
  },
  {
    ...{ name: 'Redis is frozen', weight: 3, forMs: 8_000 },
    async strike(scene) {
      const { redis } = scene.instance;
      redis.freeze();
      return () => redis.thaw();
    },
  },
  {
    ...{ name: 'Redis is emptied', weight: 3, forMs: 0 },
    async strike(scene) {
      await scene.instance.redis.command('FLUSHALL');
      return () => undefined;
    },
  },
  {
    ...{ name: 'PostgreSQL is killed', weight: 4, forMs: 3_000 },
    async strike(scene) {
      await scene.postgres.kill();
      return () => scene.postgres.start();
    },
  },
  {
    ...{ name: 'PostgreSQL is frozen', weight: 2, forMs: 8_000 },
    async strike(scene) {
      scene.postgres.freeze();
      return () => scene.postgres.thaw();
    },
  },
  wire('a wire is cut without a word', 5, 9_000, (proxy) => {
    proxy.cut();
    return () => proxy.heal();
  }),
  wire('a wire is dropped', 3, 0, (proxy) => {
    proxy.drop();
    return () => undefined;
  }),
  wire('a wire is half closed', 2, 0, (proxy) => {
    proxy.halfClose();
    return () => undefined;
  }),
  wire('a wire holds answers back', 3, 5_000, (proxy) => {
    proxy.hold('answers');
    return () => proxy.release();
  }),
  wire('a wire is slow', 3, 6_000, (proxy) => {
    proxy.delay(60);
    return () => proxy.delay(0);
  }),
  wire('a wire is thin', 2, 5_000, (proxy) => {
    proxy.throttle(40_000);
    return () => proxy.throttle(Infinity);
  }),
];
