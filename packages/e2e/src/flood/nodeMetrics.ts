import { type Instance, until } from '@chasqui/testkit';
import { metricsOf } from '../faults/metrics';
import { type FloodReport, type Memory, MIB } from './floodReport';

/** Allowed heap growth after everybody disconnected; leaking 10,000 connections or names would exceed it. */
export const HEAP_MAX = 48 * MIB;

export interface NodeMetrics extends Memory {
  connections: number;
  descriptors: number;
}

/** CPU seconds used by each node; NaN for a node that does not respond. */
export async function cpuSecondsOf(instance: Instance): Promise<number[]> {
  return Promise.all(
    instance.nodes.map(({ url }) =>
      metricsOf(url).then(
        (metric) => metric('process_cpu_seconds_total'),
        () => NaN,
      ),
    ),
  );
}

/** Metrics after a garbage collection. */
export async function metricsAfterCollection(instance: Instance): Promise<NodeMetrics[]> {
  for (const { program } of instance.nodes) process.kill(program.pid, 'SIGUSR2');
  return metricsOfAll(instance);
}

export async function metricsOfAll(instance: Instance): Promise<NodeMetrics[]> {
  return Promise.all(
    instance.nodes.map(async ({ url }) => {
      const metric = await metricsOf(url);
      return {
        heap: metric('nodejs_heap_size_used_bytes'),
        resident: metric('process_resident_memory_bytes'),
        connections: metric('chasqui_connections'),
        descriptors: metric('process_open_fds'),
      };
    }),
  );
}

/** Waits up to a minute for connections, descriptors and memory to be released, and returns the remainder. */
export async function remainder(
  instance: Instance,
  before: readonly NodeMetrics[],
): Promise<Pick<FloodReport, 'left'> & { after: Memory[] }> {
  const sum = (all: readonly NodeMetrics[], name: keyof NodeMetrics): number =>
    all.reduce((total, metrics) => total + metrics[name], 0);
  const left = { connections: Infinity, descriptors: Infinity };
  let after: NodeMetrics[] = [];
  await until(
    'everything is released',
    async () => {
      after = await metricsAfterCollection(instance);
      left.connections = sum(after, 'connections');
      left.descriptors = sum(after, 'descriptors') - sum(before, 'descriptors');
      return (
        left.connections === 0 &&
        left.descriptors <= 0 &&
        after.every(({ heap }, i) => heap - (before[i]?.heap ?? 0) < HEAP_MAX)
      );
    },
    60_000,
  ).catch(() => undefined);
  return { left, after };
}
