import { type ChildProcess, spawn } from 'node:child_process';
import { chromiumProgram } from '@chasqui/testkit';
import { build } from 'esbuild';
import { EventSource } from 'eventsource';
import { type Browser, chromium, type Page } from 'playwright-core';

/** A stock client that is subscribed to one topic. */
export interface StreamClient {
  /** The seqs of the messages in the order in which they arrived. */
  seqs(): Promise<number[]>;
  close(): Promise<void>;
}

export interface StreamTarget {
  /** The address of the node. */
  url: string;
  topic: string;
  token: string;
}

export type OpenStreamClient = (target: StreamTarget) => Promise<StreamClient>;

export interface StreamClients {
  readonly byName: Readonly<Record<string, OpenStreamClient>>;
  close(): Promise<void>;
}

const seqOf = (data: string): number => (JSON.parse(data) as { seq: number }).seq;
const subscriptionOf = ({ topic }: StreamTarget): string =>
  `/.well-known/mercure?topic=${encodeURIComponent(topic)}`;

/** The clients that streams are made for, as their makers publish them. */
export async function openStreamClients(): Promise<StreamClients> {
  const program = chromiumProgram();
  const browser = await chromium.launch({
    executablePath: program.command,
    env: { ...process.env, ...program.env },
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
  });
  const byName = {
    'eventsource for Node': eventSourceForNode,
    curl,
    'EventSource in Chromium': inBrowser(browser, {
      libraries: '',
      subscribe: `const source = new EventSource(url);
        source.onmessage = ({ data }) => seqs.push(JSON.parse(data).seq);`,
    }),
    '@microsoft/fetch-event-source': inBrowser(browser, {
      libraries: `import { fetchEventSource } from '@microsoft/fetch-event-source';
        globalThis.fetchEventSource = fetchEventSource;`,
      subscribe: `void fetchEventSource(url, { headers, openWhenHidden: true, onmessage({ event, data }) {
        if (event === '' && data !== '') seqs.push(JSON.parse(data).seq);
      } });`,
    }),
    'event-source-polyfill': inBrowser(browser, {
      libraries: `import { EventSourcePolyfill } from 'event-source-polyfill';
        globalThis.EventSourcePolyfill = EventSourcePolyfill;`,
      subscribe: `const source = new EventSourcePolyfill(url, { headers });
        source.onmessage = ({ data }) => seqs.push(JSON.parse(data).seq);`,
    }),
  };
  return { byName, close: () => browser.close() };
}

export const eventSourceForNode: OpenStreamClient = async (target) => {
  const seqs: number[] = [];
  const source = new EventSource(`${target.url}${subscriptionOf(target)}`, {
    fetch: (url, init) =>
      fetch(url, {
        ...init,
        headers: { ...init.headers, authorization: `Bearer ${target.token}` },
      }),
  });
  source.addEventListener('message', ({ data }) => seqs.push(seqOf(String(data))));
  return {
    seqs: async () => seqs,
    close: async () => source.close(),
  };
};

/** A shell loop around curl: it returns with the last id that it has seen. */
const curl: OpenStreamClient = async (target) => {
  const seqs: number[] = [];
  let lastEventId = '';
  let isTyped = false;
  let child: ChildProcess | undefined;
  let closed = false;

  function read(line: string): void {
    if (line.startsWith('id: ')) {
      lastEventId = line.slice(4);
      isTyped = false;
    } else if (line.startsWith('event: ')) isTyped = true;
    else if (line.startsWith('data: ') && !isTyped) seqs.push(seqOf(line.slice(6)));
  }

  function run(): void {
    if (closed) return;
    const url = `${target.url}${subscriptionOf(target)}`;
    const headers = [`Authorization: Bearer ${target.token}`];
    if (lastEventId !== '') headers.push(`Last-Event-ID: ${lastEventId}`);
    child = spawn('curl', ['-sN', ...headers.flatMap((header) => ['-H', header]), url]);
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(read);
    });
    child.once('close', () => setTimeout(run, 200));
  }

  run();
  return {
    seqs: async () => seqs,
    async close() {
      closed = true;
      child?.kill();
    },
  };
};

interface InBrowser {
  /** A module that puts libraries where the page finds them. */
  libraries: string;
  /** Subscribes to `url` with `headers`, and adds to `seqs`. */
  subscribe: string;
}

/** A page of the node itself, which is authorized by a cookie or by headers. */
function inBrowser(browser: Browser, { libraries, subscribe }: InBrowser): OpenStreamClient {
  return async (target) => {
    const context = await browser.newContext();
    await context.addCookies([
      { name: 'mercureAuthorization', value: target.token, url: target.url, httpOnly: true },
    ]);
    const page: Page = await context.newPage();
    await page.goto(`${target.url}/about`);
    await page.evaluate(await bundle(libraries));
    const headers = { Authorization: `Bearer ${target.token}` };
    await page.evaluate(`globalThis.seqs = [];
      { const url = ${JSON.stringify(subscriptionOf(target))};
        const headers = ${JSON.stringify(headers)};
        ${subscribe} }
      undefined`);
    return {
      seqs: () => page.evaluate<number[]>('globalThis.seqs'),
      close: () => context.close(),
    };
  };
}

async function bundle(contents: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: __dirname },
    ...{ bundle: true, write: false, format: 'iife', logLevel: 'silent' },
  });
  return outputFiles.map(({ text }) => text).join('\n');
}
