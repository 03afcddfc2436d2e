import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createHttpClient, type HttpClient } from '@chasqui/testkit';
import { probes } from './probes';

let server: Server;
let http: HttpClient;
let warnings: string[];

beforeEach(async () => {
  warnings = [];
  const works = async () => undefined;
  const answers = { postgres: works, redis: works, warnings: () => warnings };
  server = createServer(express().use(probes(answers, '0.0.0', 'open', [])));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  http = createHttpClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

test('a warning changes neither the status nor the service', async () => {
  const well = { status: 'ok', postgres: 'ok', redis: 'ok' };
  expect(await http('GET', '/readyz')).toMatchObject({ status: 200, body: well });
  expect((await http('GET', '/readyz')).body).not.toHaveProperty('warnings');
  warnings = ['the disk has 3 MiB left'];
  expect(await http('GET', '/readyz')).toMatchObject({ status: 200, body: { ...well, warnings } });
});
