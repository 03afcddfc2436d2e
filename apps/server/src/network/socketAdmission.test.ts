import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { quietLog } from '@chasqui/testkit';
import { createSocketAdmission } from './socketAdmission';

test('a refusal is logged with its reason and the settings, at most once a minute', () => {
  let time = 0;
  const log = quietLog();
  let isOurs = true;
  const admits = createSocketAdmission({
    hosts: { admits: () => isOurs, areChecked: true },
    origins: {
      admits: ({ headers }) => headers.origin === undefined,
      lists: () => false,
      cors: {},
    },
    log,
    now: () => time,
  });
  const request = new IncomingMessage(new Socket());
  expect(admits(request)).toBe(true);
  request.headers = { origin: `https://${'a'.repeat(500)}`, host: 'backend:5000' };
  for (let i = 0; i < 100; i += 1) expect(admits(request)).toBe(false);
  expect(log.lines).toHaveLength(1);
  const [line] = log.lines;
  expect(line?.message).toMatch(/TRUST_PROXY.*CORS_ORIGINS/);
  expect(line?.fields).toMatchObject({ host: 'backend:5000' });
  expect(JSON.stringify(line).length).toBeLessThan(1_000);
  time += 60_000;
  isOurs = false;
  expect(admits(request)).toBe(false);
  expect(log.lines[1]?.message).toMatch(/ALLOWED_HOSTS/);
});
