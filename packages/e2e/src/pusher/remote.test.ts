import { execFile } from 'node:child_process';
import path from 'node:path';
import { type Instance, openInstance } from '@chasqui/testkit';
import * as z from 'zod';

// The tests that the authors of the package `pusher` run against their own servers, unmodified.

const APP = { PUSHER_APP_ID: '1', PUSHER_KEY: 'key', PUSHER_SECRET: 'a secret of this test' };

let instance: Instance;
beforeAll(async () => {
  instance = await openInstance({ nodes: 1, worker: false, env: APP });
});
afterAll(() => instance.close());

const report = z.object({
  stats: z.object({ passes: z.number(), failures: z.number() }),
  failures: z.array(z.object({ fullTitle: z.string(), err: z.unknown() })),
});

test('the remote tests of the package pusher pass', async () => {
  const url = new URL(instance.url());
  url.username = APP.PUSHER_KEY;
  url.password = APP.PUSHER_SECRET;
  url.pathname = `/apps/${APP.PUSHER_APP_ID}`;
  const output = await mocha(url.href);
  expect(report.parse(JSON.parse(output))).toEqual({
    stats: { passes: 7, failures: 0 },
    failures: [],
  });
});

/** Runs them with mocha, in a process of their own; resolves with its report. */
function mocha(pusherUrl: string): Promise<string> {
  const program = require.resolve('mocha/bin/mocha.js');
  const tests = path.join(path.dirname(require.resolve('pusher/package.json')), 'tests/remote');
  const args = [program, '--recursive', '--reporter', 'json', tests];
  return new Promise((resolve) => {
    const env = { ...process.env, PUSHER_URL: pusherUrl };
    // Failed tests are in the report.
    execFile(process.execPath, args, { env }, (_error, stdout) => resolve(stdout));
  });
}
