/// <reference lib="dom" />
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import { until } from '@pern/testing/until';
import type { Locator } from 'playwright-core';
import { type Chromium, openChromium, type Profile } from './support/chromium';
import { personaOn, signIn } from './support/chatPage';

let instance: Instance;
let people: People;
let chromium: Chromium;
beforeAll(async () => {
  [instance, chromium] = await Promise.all([openInstance({ worker: false }), openChromium()]);
  people = createPeople(instance);
});
afterAll(async () => {
  await chromium?.close();
  people?.leave();
  await instance?.close();
});

/** Ana in a browser, in a conversation with Ben. `prepare` runs in the page before anything else does. */
async function scene(prepare?: (profile: Profile) => Promise<unknown>) {
  const profile = await chromium.profile();
  await prepare?.(profile);
  const { ana, ben } = await people.cast('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const persona = await signIn(profile, instance.url(), ana);
  await persona.open(ben.username);
  const sent = async (): Promise<string[]> =>
    (await ben.history(id)).map(({ content_encrypted: content }) =>
      Buffer.from((content ?? '').replace('base64:', ''), 'base64').toString('utf8'),
    );
  return { profile, ana: persona, ben, id, sent };
}

interface Key {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing: boolean;
}

/** The events of a key that ends a composition, in the order of each browser. */
const engines: Record<string, (key: Key) => readonly ('end' | Key)[]> = {
  Chrome: (key) => [{ ...key, keyCode: 229, isComposing: true }, 'end'],
  Firefox: (key) => [{ ...key, keyCode: 229, isComposing: true }, 'end'],
  Safari: (key) => ['end', { ...key, keyCode: 229, isComposing: false }],
};

async function compose(field: Locator, text: string, steps: readonly ('end' | Key)[]) {
  await field.fill(text);
  await field.evaluate((element, all) => {
    const composition = (type: string): boolean =>
      element.dispatchEvent(new CompositionEvent(type, { bubbles: true }));
    composition('compositionstart');
    for (const step of all) {
      if (step === 'end') composition('compositionend');
      else {
        const options = { ...step, bubbles: true, cancelable: true };
        element.dispatchEvent(new KeyboardEvent('keydown', options));
        element.dispatchEvent(new KeyboardEvent('keyup', options));
      }
    }
  }, steps);
}

const ENTER: Key = { key: 'Enter', keyCode: 13, isComposing: false };
const ESCAPE: Key = { key: 'Escape', keyCode: 27, isComposing: false };

test('[client] a key that ends a composition does nothing else, in any browser and any field; the next one does', async () => {
  const { profile, ana, sent } = await scene();
  const { page } = ana;
  const field = page.getByRole('textbox', { name: 'Message' });
  const search = page.getByRole('textbox', { name: 'Find people and chats' });
  const address = page.url();
  for (const [engine, steps] of Object.entries(engines)) {
    await compose(field, `日本語 ${engine}`, steps(ENTER));
    await compose(field, `日本語 ${engine}`, steps(ESCAPE));
    expect(page.url()).toBe(address);
    expect(await field.inputValue()).toBe(`日本語 ${engine}`);
    // The field to search opens nothing, and keeps what was typed.
    await compose(search, 'a', steps(ENTER));
    await compose(search, 'a', steps(ESCAPE));
    expect(await search.inputValue()).toBe('a');
    expect(page.url()).toBe(address);
    await search.fill('');
    await field.press('Enter');
    await ana.ticks(`日本語 ${engine}`, 'sent');
  }
  // Editing ends neither by an Enter nor by an Escape of the input method.
  await ana.choose('日本語 Safari', 'Edit');
  for (const steps of Object.values(engines)) {
    await compose(field, '日本語 half', steps(ENTER));
    await compose(field, '日本語 half', steps(ESCAPE));
    await page.getByText('Edit message').waitFor();
  }
  await field.fill('日本語 whole');
  await field.press('Enter');
  await ana.message('日本語 whole').waitFor();
  // A dialog stays open, and creates nothing.
  await page.getByRole('button', { name: 'New group' }).click();
  const dialog = page.getByRole('dialog');
  const title = dialog.getByRole('textbox').first();
  for (const steps of Object.values(engines)) {
    await compose(title, '日本', steps(ENTER));
    await compose(title, '日本', steps(ESCAPE));
    expect(await dialog.isVisible()).toBe(true);
  }
  expect(await sent()).toEqual(['日本語 Chrome', '日本語 Firefox', '日本語 whole']);
  await profile.context.close();
});

test('[client] a browser that wrongly says it is offline connects, sends, and comes back after a crash of the server', async () => {
  const { profile, ana, sent } = await scene((profile) =>
    profile.context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false });
    }),
  );
  await ana.write('through the VPN');
  await ana.ticks('through the VPN', 'sent');
  // It says so again in the middle: neither `online` nor anything else follows.
  await ana.page.evaluate(() => dispatchEvent(new Event('offline')));
  await ana.write('still there');
  await ana.ticks('still there', 'sent');
  await ana.connection('live');
  const [server] = instance.nodes;
  await server?.program.kill();
  await ana.connection('offline');
  await ana.write('meanwhile');
  await server?.restart();
  await ana.ticks('meanwhile', 'sent');
  expect(await sent()).toEqual(['through the VPN', 'still there', 'meanwhile']);
  // A page that opens like that connects as well.
  const second = personaOn(await profile.tab(ana.page.url()), 'Ana');
  await second.connection('live');
  expect(profile.complaints).toEqual([]);
  await profile.context.close();
});

test('[client] an offline browser that never says it is online again is tried again', async () => {
  const { profile, ana } = await scene((profile) =>
    profile.context.addInitScript(() => {
      addEventListener('online', (event) => event.stopImmediatePropagation(), { capture: true });
    }),
  );
  await profile.context.setOffline(true);
  await ana.connection('offline');
  await ana.write('later');
  await ana.ticks('later', 'pending');
  await profile.context.setOffline(false);
  await ana.ticks('later', 'sent');
  await until('it is live', async () =>
    ana.page.locator('[data-connection="live"]').first().isVisible(),
  );
  await profile.context.close();
});

/** What a browser withholds, as a script that runs before the page. */
const withheld: Record<string, () => void> = {
  'an IndexedDB that never answers': () => {
    IDBFactory.prototype.open = () => new EventTarget() as IDBOpenDBRequest;
  },
  'an IndexedDB that opens and never reads': () => {
    IDBObjectStore.prototype.get = () => new EventTarget() as IDBRequest<unknown>;
  },
  'an IndexedDB that is full': () => {
    IDBObjectStore.prototype.put = () => {
      throw new DOMException('full', 'QuotaExceededError');
    };
  },
  'no IndexedDB': () => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }),
};

test.each(Object.entries(withheld))(
  '[client] with %s the page opens, sends, and says that it keeps nothing',
  async (_, script) => {
    const { profile, ana } = await scene((profile) => profile.context.addInitScript(script));
    await ana.write('from memory');
    await ana.ticks('from memory', 'sent');
    const second = await profile.tab(instance.url());
    await second.getByText('This browser does not let Chasqui store anything').waitFor();
    await profile.context.close();
  },
);

/** What the page can do without, and keeps its data. */
const missing: Record<string, () => void> = {
  'a localStorage that throws': () =>
    Object.defineProperty(globalThis, 'localStorage', {
      get: () => {
        throw new DOMException('refused', 'SecurityError');
      },
    }),
  'a service worker that is never ready': () => {
    ServiceWorkerContainer.prototype.register = () => new Promise(() => undefined);
  },
  'Web Locks that are never granted': () => {
    LockManager.prototype.request = () => new Promise(() => undefined);
  },
  'no Web Locks': () => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }),
  'no BroadcastChannel': () =>
    Object.defineProperty(globalThis, 'BroadcastChannel', { value: undefined }),
};

test.each(Object.entries(missing))(
  '[client] with %s the page opens, sends from each tab, and opens again signed in',
  async (_, script) => {
    const { profile, ana } = await scene((profile) => profile.context.addInitScript(script));
    await ana.write('first tab');
    await ana.ticks('first tab', 'sent');
    const second = personaOn(await profile.tab(ana.page.url()), 'Ana');
    await second.connection('live');
    await second.write('second tab');
    await second.ticks('second tab', 'sent');
    await ana.message('second tab').waitFor();
    await profile.context.close();
  },
);
