/// <reference lib="dom" />
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type * as Axe from 'axe-core';
import { type Instance, openInstance } from '@pern/testing/instance';
import { createPeople, type People } from '@pern/testing/people';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { type Chromium, openChromium } from './support/chromium';
import { signIn } from './support/chatPage';
import { furnish } from './support/sampleConversations';

declare global {
  interface Window {
    axe: typeof Axe;
  }
}

/** Where the pictures of a run lie, to be looked at. */
const FOLDER = path.resolve(__dirname, '../../screenshots');

let instance: Instance;
let people: People;
let chromium: Chromium;
beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  [instance, chromium] = await Promise.all([openInstance(), openChromium()]);
  people = createPeople(instance);
});
afterAll(async () => {
  await chromium?.close();
  people?.leave();
  await instance?.close();
});

/** Takes pictures of what is there, light and dark, and lets axe judge each. */
async function look(page: Page, name: string): Promise<string[]> {
  const complaints: string[] = [];
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    const file = `${name}-${theme}-${page.viewportSize()?.width}`;
    await page.screenshot({ path: path.join(FOLDER, `${file}.png`), animations: 'disabled' });
    complaints.push(...(await judge(page, theme)).map((complaint) => `${file}: ${complaint}`));
  }
  return complaints;
}

/** What axe finds serious, or worse. The dark theme differs by its colours alone. */
async function judge(page: Page, theme: 'light' | 'dark'): Promise<string[]> {
  await page.evaluate(axe.source);
  const which = theme === 'light' ? {} : { runOnly: ['color-contrast'] };
  return page.evaluate(async (rules) => {
    const { violations } = await window.axe.run(document, {
      ...rules,
      resultTypes: ['violations'],
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  }, which);
}

test.each([1_280, 360])('[client] every screen, %i wide, is in order', async (width) => {
  const { ana, names, group } = await furnish(people, instance);
  const profile = await chromium.profile({
    viewport: { width, height: width === 360 ? 740 : 800 },
    hasTouch: width === 360,
  });
  const found: string[] = [];
  const shot = async (page: Page, name: string): Promise<void> => {
    found.push(...(await look(page, name)));
  };

  const first = await profile.tab(instance.url());
  await first.getByLabel('Your name').waitFor();
  await shot(first, '1-sign-up');
  await first.close();

  const persona = await signIn(profile, instance.url(), ana);
  const { page } = persona;
  await page.getByText('Lunch at one?').waitFor();
  await shot(page, '2-list');

  await persona.open(group);
  await persona.message('See you there!').waitFor();
  await persona.ticks('I will bring the drinks', 'delivered');
  await shot(page, '3-group');

  await page.getByRole('button', { name: 'Group settings' }).click();
  await page.getByRole('button', { name: 'Leave group' }).waitFor();
  await page.getByLabel('Messages disappear after').selectOption({ label: '1 week' });
  await page.getByLabel('Messages disappear after 1 week').waitFor({ state: 'attached' });
  await shot(page, '4-members');
  await page.keyboard.press('Escape');

  await persona.choose('I will bring the drinks', 'Message info');
  await page.getByText('Delivered ·').waitFor();
  await shot(page, '5-message-info');
  await page.keyboard.press('Escape');

  await persona.choose('See you there!', 'Reply');
  await page.getByText(`Reply to ${names.ben}`, { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Emoji' }).click();
  await page.getByRole('button', { name: 'All emoji' }).click();
  await page.getByRole('button', { name: 'grinning face', exact: true }).waitFor();
  await shot(page, '6-reply-and-emoji');
  await page.keyboard.press('Escape');

  await persona.choose('See you there!', 'React');
  await page.getByRole('button', { name: '👍' }).waitFor();
  await shot(page, '6-react');
  await page.keyboard.press('Escape');

  await profile.context.setOffline(true);
  await persona.write('And I the music');
  await persona.ticks('And I the music', 'pending');
  await persona.connection('offline');
  await shot(page, '7-offline');
  await profile.context.setOffline(false);
  await persona.connection('live');

  if (width === 360) await page.getByRole('button', { name: 'All conversations' }).click();
  await page.getByRole('button', { name: 'New group' }).click();
  await page.getByRole('checkbox').first().click();
  await shot(page, '8-new-group');

  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Account and settings' }).click();
  await page.getByRole('menuitem', { name: 'Devices and password' }).click();
  await page.getByText('this device').waitFor();
  await shot(page, '9-devices');
  await page.getByRole('button', { name: 'Change password' }).click();
  await shot(page, '9-password');
  await page.keyboard.press('Escape');

  const widths = await page.evaluate(() => [document.body.scrollWidth, innerWidth]);
  expect(widths[0]).toBe(widths[1]);
  expect(found).toEqual([]);
  expect(profile.complaints).toEqual([]);
  await profile.context.close();
});

test('[client] a first visit is in order', async () => {
  const profile = await chromium.profile();
  const person = await people.register('lola');
  const { page } = await signIn(profile, instance.url(), person);
  await page.getByText('Nobody here yet?').waitFor();
  await page.getByText('People on this server').waitFor();
  expect(await look(page, '0-empty')).toEqual([]);
  await profile.context.close();
});
