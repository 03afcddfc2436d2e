/// <reference lib="dom" />
import type { Locator } from 'playwright-core';
import { setUpBrowserSuite } from './support/browserSuite';
import { openDirectChat } from './support/directChat';

const suite = setUpBrowserSuite({ worker: false });

interface Key {
  readonly key: string;
  readonly keyCode: number;
  readonly isComposing: boolean;
}

/** The events of a key that ends a composition, in the order each browser fires them. */
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

test('[client] a key that ends a composition has no other effect, in any browser and any field', async () => {
  const { profile, ana, texts } = await openDirectChat(suite);
  const { page } = ana;
  const field = page.getByRole('textbox', { name: 'Message' });
  const search = page.getByRole('textbox', { name: 'Find people and chats' });
  const address = page.url();
  for (const [engine, steps] of Object.entries(engines)) {
    await compose(field, `日本語 ${engine}`, steps(ENTER));
    await compose(field, `日本語 ${engine}`, steps(ESCAPE));
    expect(page.url()).toBe(address);
    expect(await field.inputValue()).toBe(`日本語 ${engine}`);
    // The search field keeps its text and opens nothing.
    await compose(search, 'a', steps(ENTER));
    await compose(search, 'a', steps(ESCAPE));
    expect(await search.inputValue()).toBe('a');
    expect(page.url()).toBe(address);
    await search.fill('');
    // A plain Enter still sends.
    await field.press('Enter');
    await ana.waitForTicks(`日本語 ${engine}`, 'sent');
  }
  // Neither Enter nor Escape of an input method ends editing.
  await ana.chooseAction('日本語 Safari', 'Edit');
  for (const steps of Object.values(engines)) {
    await compose(field, '日本語 half', steps(ENTER));
    await compose(field, '日本語 half', steps(ESCAPE));
    await page.getByText('Editing message').waitFor();
  }
  await field.fill('日本語 whole');
  await field.press('Enter');
  await ana.message('日本語 whole').waitFor();
  // A dialog stays open and creates nothing.
  await page.getByRole('button', { name: 'New group' }).click();
  const dialog = page.getByRole('dialog');
  const title = dialog.getByRole('textbox').first();
  for (const steps of Object.values(engines)) {
    await compose(title, '日本', steps(ENTER));
    await compose(title, '日本', steps(ESCAPE));
    expect(await dialog.isVisible()).toBe(true);
  }
  expect(await texts()).toEqual(['日本語 Chrome', '日本語 Firefox', '日本語 whole']);
  await profile.context.close();
});
