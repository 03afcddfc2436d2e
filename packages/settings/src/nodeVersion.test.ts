import { spawnSync } from 'node:child_process';
import path from 'node:path';

// Programs report an old Node in one line, before they load syntax that it cannot parse.

const root = path.resolve(__dirname, '../../..');
const pretend = `data:text/javascript,Object.defineProperty(process, 'versions', {
  value: { ...process.versions, node: '18.20.8' },
});`;

test.each([
  'apps/server/dist/main.js',
  'apps/server/dist/commands/main.js',
  'apps/worker/dist/main.js',
])('%s refuses Node 18 in one line', (program) => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', pretend, path.join(root, program)],
    { env: { PATH: process.env.PATH }, encoding: 'utf8' },
  );
  expect([status, stderr]).toEqual([
    1,
    `Chasqui needs Node 20 or later; this is ${process.version}.\n`,
  ]);
});
