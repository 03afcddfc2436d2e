import { generateKeyPairSync } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jwksSource } from '@chasqui/identity/testing';

// Keys of an external issuer, read from a URL.

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });

test('keys from a URL are found by id, replaced at run time, and kept while the URL is down', async () => {
  const two = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  let keys: object[] = [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }];
  let asked = 0;
  let status = 200;
  const server = createServer((_request, response) => {
    asked += 1;
    response.writeHead(status).end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  let now = 0;
  const find = jwksSource(`http://127.0.0.1:${port}/keys`, () => now);
  try {
    await Promise.all([find('one'), find('one'), find(undefined)]);
    expect(asked).toBe(1);
    expect((await find('one')).algorithm).toBe('RS256');
    // Made-up key ids do not cause a request each.
    for (let i = 0; i < 5; i += 1) await expect(find(`made up ${i}`)).rejects.toThrow();
    expect(asked).toBe(1);
    keys = [{ ...two.publicKey.export({ format: 'jwk' }), kid: 'two' }];
    now += 30_000;
    expect((await find('two')).algorithm).toBe('ES256');
    await expect(find('one')).rejects.toMatchObject({ name: 'UnauthorizedError' });
    // A published secret is not a secret.
    keys = [{ kty: 'oct', k: 'c2VjcmV0', kid: 'three' }];
    now += 30_000;
    await expect(find('three')).rejects.toMatchObject({ name: 'UnauthorizedError' });
    keys = [{ ...two.publicKey.export({ format: 'jwk' }), kid: 'two' }];
    now += 30_000;
    await find('two');
    status = 500;
    now += 3_600_000;
    expect((await find('two')).algorithm).toBe('ES256');
    const never = jwksSource(`http://127.0.0.1:${port}/keys`, () => now);
    await expect(never('two')).rejects.toMatchObject({ name: 'UnavailableError' });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

/** A URL that answers with what `respond` writes, and counts its requests. */
async function serveKeys(respond: (response: ServerResponse) => void) {
  const server = createServer((_request, response) => respond(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const find = jwksSource(`http://127.0.0.1:${port}/keys`, () => 0);
  const outcome = await find('one').then(
    () => 'found',
    (error: Error) => error.name,
  );
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  return outcome;
}

const publicJwk = { ...publicKey.export({ format: 'jwk' }), kid: 'one' };
const keysOf = (...keys: object[]) => JSON.stringify({ keys });
const json = 'application/json; charset=utf-8';

test.each<[string, string, string]>([
  ['JSON', json, keysOf(publicJwk)],
  ['a key set by its own type', 'application/jwk-set+json', keysOf({ ...publicJwk, alg: 'RS256' })],
])('keys served as %s are accepted', async (_what, type, body) => {
  const respond = (response: ServerResponse) => response.setHeader('content-type', type).end(body);
  expect(await serveKeys(respond)).toBe('found');
});

test.each<[string, string, string, string]>([
  ['a page', 'text/html', keysOf(publicJwk), 'UnavailableError'],
  [
    'too many keys',
    json,
    keysOf(...Array.from({ length: 101 }, () => publicJwk)),
    'UnavailableError',
  ],
  ['no JSON', json, '{', 'UnavailableError'],
  ['no UTF-8', json, '\xff', 'UnavailableError'],
  [
    ...(['a private key', json] as const),
    keysOf({ ...privateKey.export({ format: 'jwk' }), kid: 'one' }),
    'UnauthorizedError',
  ],
  ['a key for another use', json, keysOf({ ...publicJwk, use: 'enc' }), 'UnauthorizedError'],
  ['a key to sign with', json, keysOf({ ...publicJwk, key_ops: ['sign'] }), 'UnauthorizedError'],
  ['a key of another algorithm', json, keysOf({ ...publicJwk, alg: 'PS256' }), 'UnauthorizedError'],
])('keys: %s is not accepted', async (_what, type, body, error) => {
  const respond = (response: ServerResponse) =>
    response.setHeader('content-type', type).end(body, 'latin1');
  expect(await serveKeys(respond)).toBe(error);
});

test('an endless response is aborted after a quarter of a megabyte, a redirect at once', async () => {
  let written = 0;
  const endless = (response: ServerResponse) => {
    response.setHeader('content-type', json);
    const write = (): void => {
      if (response.destroyed) return;
      written += 16_384;
      response.write('['.repeat(16_384), write);
    };
    write();
  };
  expect(await serveKeys(endless)).toBe('UnavailableError');
  // Buffers along the way add to it.
  expect(written).toBeLessThan(16_000_000);
  const elsewhere = (response: ServerResponse) =>
    response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end();
  expect(await serveKeys(elsewhere)).toBe('UnavailableError');
});
