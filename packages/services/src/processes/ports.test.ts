import { createServer } from 'node:net';
import { findPort, whyNotListen } from './ports';

const host = '127.0.0.1';

test('a free port and port 0 can be listened on', async () => {
  expect(await whyNotListen(await findPort(host), host)).toBeUndefined();
  expect(await whyNotListen(0, host)).toBeUndefined();
});

test('a port with a listener is in use', async () => {
  const port = await findPort(host);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  expect(await whyNotListen(port, host)).toMatch(/^Port \d+ on 127\.0\.0\.1 is in use: /);
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  [
    'no-such-host.invalid',
    'HOST no-such-host.invalid cannot be resolved: set HOST to an address of this machine.',
  ],
  [
    '192.0.2.1',
    'HOST 192.0.2.1 is not an address of this machine: set HOST to one, or to 127.0.0.1.',
  ],
])('HOST %s is reported as the cause, not the port', async (name, line) => {
  expect(await whyNotListen(5_000, name)).toBe(line);
  expect(await whyNotListen(0, name)).toBe(line);
});
