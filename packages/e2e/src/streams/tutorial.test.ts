import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { chromiumProgram, type Instance, openInstance, until } from '@chasqui/testkit';
import { type Browser, chromium, type Page } from 'playwright-core';
import { root } from '../dependencies/installed';

// Runs the page of docs/tutorials/chat-with-eventsource.md in a browser.

const tutorial = readFileSync(path.join(root, 'docs/tutorials/chat-with-eventsource.md'), 'utf8');
const CHAT = 'http://127.0.0.1:5000';

/** The first block of code in this language that contains the text. */
function blockOf(language: string, text: string): string {
  const blocks = [...tutorial.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)];
  const found = blocks.find(([, tag, code = '']) => tag === language && code.includes(text));
  if (found?.[2] === undefined) throw new Error(`the tutorial has no ${language} with ${text}`);
  return found[2];
}

const page = blockOf('html', 'EventSource');
const registration = blockOf('sh', '/api/auth/register');
const password = /"password\\": \\"([^"]*)\\"/.exec(registration)?.[1] ?? '';

let pages: Server;
let instance: Instance;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  pages = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html');
    response.end(page.replace(CHAT, instance.url()));
  });
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(pages.address() as AddressInfo).port}`;
  // Tokens that expire within the test.
  const env = { CORS_ORIGINS: origin, ACCESS_TOKEN_TTL_S: '5' };
  const program = chromiumProgram();
  [instance, browser] = await Promise.all([
    openInstance({ worker: false, env }),
    chromium.launch({
      executablePath: program.command,
      env: { ...process.env, ...program.env },
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    }),
  ]);
});
afterAll(async () => {
  await browser?.close();
  await instance?.close();
  pages.closeAllConnections();
  await new Promise((resolve) => pages.close(resolve));
});

test('the page has 60 lines', () => {
  expect(page.trimEnd().split('\n')).toHaveLength(60);
});

test('[D4] the people of the tutorial chat in two windows, through a crash and the expiry of their tokens', async () => {
  const suffix = randomUUID().slice(0, 8);
  const [ana, ben] = ['ana', 'ben'].map((name) => `${name}_${suffix}`);
  if (ana === undefined || ben === undefined) throw new Error('two names');
  const script = registration.replace('ana ben', `${ana} ${ben}`).replaceAll(CHAT, instance.url());
  expect(spawnSync('bash', ['-ec', script]).status).toBe(0);

  const context = await browser.newContext();
  const errors: string[] = [];
  context.on('weberror', (error) => errors.push(String(error.error())));
  context.on('dialog', (dialog) => {
    errors.push(dialog.message());
    void dialog.dismiss();
  });
  const enter = async (username: string, other: string): Promise<Page> => {
    const tab = await context.newPage();
    await tab.goto(`${origin}/chat.html`);
    await tab.fill('[name=username]', username);
    await tab.fill('[name=other]', other);
    await tab.fill('[name=password]', password);
    await tab.click('#login button');
    await tab.waitForSelector('#writer:not([hidden])');
    return tab;
  };
  const anaTab = await enter(ana, ben);
  const benTab = await enter(ben, ana);
  const expected: string[] = [];
  const write = async (tab: Page, name: string, text: string): Promise<void> => {
    expected.push(`${name}: ${text}`);
    await tab.fill('[name=text]', text);
    await tab.click('#writer button');
  };
  const shown = (tab: Page): Promise<string[]> =>
    tab.$eval('#list', ({ textContent }) => textContent.split('\n'));
  const arrived = async (): Promise<void> => {
    for (const tab of [anaTab, benTab])
      await until('the last message is shown', async () =>
        (await shown(tab)).includes(expected.at(-1) ?? ''),
      );
  };

  await write(anaTab, ana, 'hello');
  await arrived();
  await write(benTab, ben, 'hello, Ana');
  await arrived();

  const [node] = instance.nodes;
  await node?.program.kill();
  await write(anaTab, ana, 'written while the server was away');
  await node?.restart();
  await arrived();

  const renewed = benTab.waitForResponse((answer) => answer.url().endsWith('/api/auth/refresh'));
  const reopened = benTab.waitForResponse((answer) => answer.url().endsWith('/api/mercure/token'));
  await Promise.all([renewed, reopened]);
  await write(anaTab, ana, 'with another token');
  await arrived();

  expect(await shown(anaTab)).toEqual(expected);
  expect(await shown(benTab)).toEqual(expected);
  expect(errors).toEqual([]);
});
