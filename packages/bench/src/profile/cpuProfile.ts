/** Output of V8's sampling profiler (DevTools protocol, Profiler.Profile). */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly children?: readonly number[];
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** A function on one call path, with its callees; times in microseconds. */
export interface Call {
  readonly name: string;
  readonly layer: Layer;
  self: number;
  total: number;
  readonly calls: Call[];
}

export type Layer =
  | 'core'
  | 'server'
  | 'PostgreSQL driver'
  | 'sockets'
  | 'Node'
  | 'system calls'
  | 'garbage collector';

const OURS: readonly [part: string, layer: Layer][] = [
  ['/packages/core/', 'core'],
  ['/packages/db/', 'PostgreSQL driver'],
  ['/apps/', 'server'],
  ['/packages/', 'server'],
];
const OTHERS: readonly [part: string, layer: Layer][] = [
  ['/node_modules/pg', 'PostgreSQL driver'],
  ['/node_modules/sequelize', 'PostgreSQL driver'],
  ['/node_modules/ws/', 'sockets'],
  ['/node_modules/engine.io', 'sockets'],
  ['/node_modules/socket.io', 'sockets'],
  ['/node_modules/', 'server'],
];
const SYSTEM_CALLS = new Set(['writeBuffer', 'writev', 'writeUtf8String', 'writeLatin1String']);
const IDLE = new Set(['(idle)', '(program)']);

/**
 * Returns the busy time of the process by call path. Internal functions of V8 count towards their caller's layer, except
 * socket writes and the garbage collector.
 */
export function callsOf(profile: CpuProfile): Call {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const selves = new Map<number, number>();
  profile.samples.forEach((id, i) => {
    selves.set(id, (selves.get(id) ?? 0) + (profile.timeDeltas[i] ?? 0));
  });

  const callOf = (id: number, above: Layer): Call | undefined => {
    const node = nodes.get(id);
    if (node === undefined || IDLE.has(node.callFrame.functionName)) return undefined;
    const { functionName: name, url } = node.callFrame;
    const layer = layerOf(name, url, above);
    const self = selves.get(id) ?? 0;
    const calls = merged((node.children ?? []).flatMap((child) => callOf(child, layer) ?? []));
    const total = calls.reduce((sum, call) => sum + call.total, self);
    return { name: name === '' ? '(anonymous)' : name, layer, self, total, calls };
  };
  const [root] = profile.nodes;
  const whole = root === undefined ? undefined : callOf(root.id, 'Node');
  if (whole === undefined || whole.total === 0) throw new Error('the profile is empty');
  return whole;
}

/** Returns each layer's share of the time, largest first; the shares add up to 1. */
export function sharesOf(whole: Call): [layer: Layer, part: number][] {
  const sums = new Map<Layer, number>();
  const add = ({ layer, self, calls }: Call): void => {
    if (self > 0) sums.set(layer, (sums.get(layer) ?? 0) + self);
    for (const call of calls) add(call);
  };
  add(whole);
  return [...sums]
    .map(([layer, sum]): [Layer, number] => [layer, sum / whole.total])
    .sort(([, a], [, b]) => b - a);
}

/** Merges calls of the same function that the profiler reports separately per line. */
function merged(calls: Call[]): Call[] {
  const byName = new Map<string, Call>();
  for (const call of calls) {
    const key = `${call.layer} ${call.name}`;
    const known = byName.get(key);
    if (known === undefined) byName.set(key, call);
    else {
      known.self += call.self;
      known.total += call.total;
      known.calls.splice(0, Infinity, ...merged([...known.calls, ...call.calls]));
    }
  }
  return [...byName.values()];
}

function layerOf(name: string, url: string, above: Layer): Layer {
  if (name === '(garbage collector)') return 'garbage collector';
  if (SYSTEM_CALLS.has(name)) return 'system calls';
  if (url === '') return above;
  if (url.startsWith('node:')) return 'Node';
  const parts = url.includes('/node_modules/') ? OTHERS : OURS;
  return parts.find(([part]) => url.includes(part))?.[1] ?? 'Node';
}
