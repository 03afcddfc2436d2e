import { createServer } from 'node:net';
import { findPort, whyNotListen } from './ports';

const host = '127.0.0.1';

test('a port that is free can be listened on, and so can any port', async () => {
  expect(await whyNotListen(await findPort(host), host)).toBeUndefined();
  expect(await whyNotListen(0, host)).toBeUndefined();
});

test('a port that somebody listens on is in use', async () => {
  const port = await findPort(host);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  expect(await whyNotListen(port, host)).toMatch(/^Port \d+ on 127\.0\.0\.1 is in use: /);
  await new Promise((resolve) => server.close(resolve));
});

test.each([
  ['no-such-host.invalid', 'HOST no-such-host.invalid cannot be resolved to an address.'],
  ['192.0.2.1', 'HOST 192.0.2.1 is no address of this machine.'],
])('HOST %s is named, and not the port', async (name, line) => {
  expect(await whyNotListen(5_000, name)).toBe(line);
  expect(await whyNotListen(0, name)).toBe(line);
});
