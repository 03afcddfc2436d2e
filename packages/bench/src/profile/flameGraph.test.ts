import { callsOf, type CpuProfile, sharesOf } from './cpuProfile';
import { flameGraphOf } from './flameGraph';

const at = (functionName: string, url = ''): { functionName: string; url: string } => ({
  functionName,
  url: url === '' ? '' : `file:///somewhere/${url}`,
});

/** A send that writes, the same function called from two lines, garbage collection, and mostly idle time. */
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: at('(root)'), children: [2, 3, 7, 8] },
    { id: 2, callFrame: at('(idle)') },
    { id: 3, callFrame: at('send<T>', 'packages/core/dist/send.js'), children: [4, 5] },
    { id: 4, callFrame: at('write', 'node_modules/ws/lib/sender.js'), children: [6] },
    { id: 5, callFrame: at('write', 'node_modules/ws/lib/sender.js') },
    { id: 6, callFrame: at('writev') },
    { id: 7, callFrame: at('(garbage collector)') },
    { id: 8, callFrame: at('query', 'node_modules/pg/lib/client.js') },
  ],
  samples: [2, 3, 4, 5, 6, 7, 8, 2],
  timeDeltas: [5_000, 10, 20, 5, 40, 15, 10, 3_000],
};

test('busy time is counted by call path, without idle time, merging lines of one function', () => {
  const whole = callsOf(profile);
  expect(whole.total).toBe(100);
  const send = whole.calls.find(({ name }) => name === 'send<T>');
  expect(send).toMatchObject({ layer: 'core', self: 10, total: 75 });
  expect(send?.calls).toEqual([
    expect.objectContaining({ name: 'write', layer: 'sockets', self: 25, total: 65 }),
  ]);
});

test('the shares of the layers add up to the whole', () => {
  expect(sharesOf(callsOf(profile))).toEqual([
    ['system calls', 0.4],
    ['sockets', 0.25],
    ['garbage collector', 0.15],
    ['core', 0.1],
    ['PostgreSQL driver', 0.1],
  ]);
});

test('an idle profile is rejected', () => {
  expect(() => callsOf({ ...profile, samples: [2], timeDeltas: [9] })).toThrow('empty');
});

test('a box is as wide as its share, below its caller, and names are escaped', () => {
  const svg = flameGraphOf(callsOf(profile), 'A & B');
  expect(svg).toContain('aria-label="A &amp; B"');
  expect(svg).toContain(
    '<title>send&lt;T&gt; (core): 75.0 %</title><rect x="0.0" y="56" width="900.0"',
  );
  expect(svg).toContain('<title>write (sockets): 65.0 %</title><rect x="0.0" y="73" width="780.0"');
});
