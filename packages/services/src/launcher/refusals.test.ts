import { createServer } from 'node:net';
import { runningInstance } from '../dataDir/instanceFile';
import { createLauncherFixture, type LauncherFixture } from '../testing/launcherFixture';

// Starts that end with one line.

let fixture: LauncherFixture;
beforeEach(() => {
  fixture = createLauncherFixture();
});
afterEach(() => fixture.close());

test('a second start on the same data is refused in one line', async () => {
  await fixture.launcher().says('Chasqui is running');
  const second = fixture.launcher();
  expect(await second.ended()).toBe(1);
  expect(second.output()).toMatch(/^Chasqui already runs on .*\n$/);
});

test('a port in use is reported in one line', async () => {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const refused = fixture.launcher({ PORT: String(port) });
    expect(await refused.ended()).toBe(1);
    expect(refused.output()).toMatch(new RegExp(`^Port ${port} on 127.0.0.1 is in use.*\\n$`));
  } finally {
    await new Promise((resolve) => listener.close(resolve));
  }
});

test('a server that refuses its settings ends the start with its message', async () => {
  fixture.program(
    'apps/server/dist/main.js',
    `console.error('ACCESS_TOKEN_TTL_S is malformed'); process.exit(1);`,
  );
  const refused = fixture.launcher();
  expect(await refused.ended()).toBe(1);
  expect(refused.output().trimEnd().split('\n').at(-1)).toBe('ACCESS_TOKEN_TTL_S is malformed');
  expect(runningInstance(fixture.dataDir)).toBeUndefined();
});

test('failed migrations end the start with their message', async () => {
  fixture.program(
    'packages/db/dist/migrate.js',
    `console.error('no such table'); process.exit(1);`,
  );
  const refused = fixture.launcher();
  expect(await refused.ended()).toBe(1);
  expect(refused.output()).toContain('The migrations failed: no such table');
});
