/// <reference lib="dom" />
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type * as Axe from 'axe-core';
import { until } from '@chasqui/testkit';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { setUpBrowserSuite } from './support/browserSuite';
import { signIn } from './support/clientPage';
import { createSampleConversations } from './support/sampleConversations';

declare global {
  interface Window {
    axe: typeof Axe;
  }
}

/** Screenshots of the last run, for review by eye. */
const FOLDER = path.resolve(__dirname, '../../screenshots');

const suite = setUpBrowserSuite();
beforeAll(() => void mkdirSync(FOLDER, { recursive: true }));

/** Takes a light and a dark screenshot and checks each with axe. */
async function checkAppearance(page: Page, name: string): Promise<string[]> {
  const findings: string[] = [];
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    const file = `${name}-${theme}-${page.viewportSize()?.width}`;
    await page.screenshot({ path: path.join(FOLDER, `${file}.png`), animations: 'disabled' });
    findings.push(...(await axeFindings(page, theme)).map((finding) => `${file}: ${finding}`));
  }
  return findings;
}

/** Serious and critical findings of axe. The themes only differ in color, so dark is only checked for contrast. */
async function axeFindings(page: Page, theme: 'light' | 'dark'): Promise<string[]> {
  await page.evaluate(axe.source);
  const scope = theme === 'light' ? {} : { runOnly: ['color-contrast'] };
  return page.evaluate(async (rules) => {
    const { violations } = await window.axe.run(document, {
      ...rules,
      resultTypes: ['violations'],
    });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
  }, scope);
}

/** A browser of this width. `shot` takes screenshots and collects findings; `expectNoFindings` checks them at the end. */
async function openViewport(width: number) {
  const profile = await suite.chromium.newProfile({
    viewport: { width, height: width === 360 ? 740 : 800 },
    hasTouch: width === 360,
  });
  const findings: string[] = [];
  return {
    profile,
    isNarrow: width === 360,
    async shot(page: Page, name: string): Promise<void> {
      findings.push(...(await checkAppearance(page, name)));
    },
    async expectNoFindings(page: Page): Promise<void> {
      const widths = await page.evaluate(() => [document.body.scrollWidth, innerWidth]);
      expect(widths[0]).toBe(widths[1]);
      expect(findings).toEqual([]);
      expect(profile.pageErrors).toEqual([]);
      await profile.context.close();
    },
  };
}

test.each([1_280, 360])(
  '[client] sign-up, list, chat and group screens are accessible and fit, at a width of %i',
  async (width) => {
    const { ana, names, group } = await createSampleConversations(suite.people, suite.instance);
    const { profile, isNarrow, shot, expectNoFindings } = await openViewport(width);

    const first = await profile.openTab(suite.instance.url());
    await first.getByLabel('Your name').waitFor();
    await shot(first, '1-sign-up');
    await first.close();

    const client = await signIn(profile, suite.instance.url(), ana);
    const { page } = client;
    await page.getByText('Lunch at one?').waitFor();
    await shot(page, '2-list');

    await client.open(group);
    await client.message('See you there!').waitFor();
    await client.waitForTicks('I will bring the drinks', 'delivered');
    await shot(page, '3-group');

    await page.getByRole('button', { name: 'Group settings' }).click();
    await page.getByRole('button', { name: 'Leave group' }).waitFor();
    await page.getByLabel('Messages disappear after').selectOption({ label: '1 week' });
    await page.getByLabel('Messages disappear after 1 week').waitFor({ state: 'attached' });
    await shot(page, '4-members');
    await page.keyboard.press('Escape');

    await client.chooseAction('I will bring the drinks', 'Message info');
    await page.getByText('Delivered ·').waitFor();
    await shot(page, '5-message-info');
    await page.keyboard.press('Escape');

    await client.chooseAction('See you there!', 'Reply');
    await page.getByText(`Replying to ${names.ben}`, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Emoji' }).click();
    await page.getByRole('button', { name: 'All emoji' }).click();
    await page.getByRole('button', { name: 'grinning face', exact: true }).waitFor();
    await shot(page, '6-reply-and-emoji');
    await page.keyboard.press('Escape');

    await client.chooseAction('See you there!', 'React');
    await page.getByRole('button', { name: '👍' }).waitFor();
    await shot(page, '6-react');
    await page.keyboard.press('Escape');

    await profile.context.setOffline(true);
    await client.send('I can bring some music');
    await client.waitForTicks('I can bring some music', 'pending');
    await client.waitForConnection('offline');
    await shot(page, '7-offline');
    await profile.context.setOffline(false);
    await client.waitForConnection('live');

    if (isNarrow) await page.getByRole('button', { name: 'All conversations' }).click();
    await page.getByRole('button', { name: 'New group' }).click();
    await page.getByRole('checkbox').first().click();
    await shot(page, '8-new-group');

    await page.keyboard.press('Escape');
    await expectNoFindings(page);
  },
);

test.each([1_280, 360])(
  '[client] account, privacy, block and request screens are accessible and fit, at a width of %i',
  async (width) => {
    const { ana, names } = await createSampleConversations(suite.people, suite.instance);
    const { profile, isNarrow, shot, expectNoFindings } = await openViewport(width);
    const { page, open } = await signIn(profile, suite.instance.url(), ana);
    const openDialog = async (name: string): Promise<void> => {
      await page.getByRole('button', { name: 'Account and settings' }).click();
      await page.getByRole('menuitem', { name }).click();
      await page.getByRole('dialog', { name }).waitFor();
    };

    await page.getByRole('button', { name: 'Account and settings' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).waitFor();
    await shot(page, '9-menu');
    await page.keyboard.press('Escape');

    await openDialog('Devices and password');
    await page.getByText('this device').waitFor();
    await shot(page, '9-devices');
    await page.getByRole('button', { name: 'Change password' }).click();
    await shot(page, '9-password');
    await page.keyboard.press('Escape');

    await openDialog('Your data');
    await page.getByRole('button', { name: 'Delete account…' }).click();
    await shot(page, '9-data');
    await page.keyboard.press('Escape');

    await openDialog('Privacy');
    await page.getByLabel('Who can add me to groups').selectOption('People I know');
    await until('strangers can only invite', async () => {
      const { body } = await ana.call('readPrivacy');
      return body.who_can_add === 'known';
    });
    await shot(page, '9-privacy');
    await page.keyboard.press('Escape');

    const stranger = await suite.people.register('dora');
    await suite.people.group(stranger, ana);
    await page.getByRole('region', { name: 'Requests' }).getByText('a group').click();
    await page.getByText('invited you to').waitFor();
    await shot(page, '10-invitation');
    await page.getByRole('button', { name: 'Decline' }).click();
    await page.getByRole('region', { name: 'Requests' }).waitFor({ state: 'detached' });

    await open(names.ben);
    await page.getByRole('button', { name: 'Disappearing messages: off' }).click();
    await page.getByLabel('Messages disappear after').selectOption('1 day');
    await page.getByRole('button', { name: 'Ask to apply to earlier messages' }).click();
    await page.getByText('Waiting for').waitFor();
    await shot(page, '11-retention');
    await page.keyboard.press('Escape');

    await page.getByRole('button', { name: `Block ${names.ben}` }).click();
    await shot(page, '11-block');
    await page.getByRole('button', { name: 'Block', exact: true }).click();
    await page.getByText(`You blocked ${names.ben}.`).waitFor();
    await shot(page, '11-blocked');
    if (isNarrow) await page.getByRole('button', { name: 'All conversations' }).click();
    await expectNoFindings(page);
  },
);

test('[client] the first screen of a new user is accessible', async () => {
  const profile = await suite.chromium.newProfile();
  const person = await suite.people.register('lola');
  const { page } = await signIn(profile, suite.instance.url(), person);
  await page.getByText('Invite people').waitFor();
  await page.getByText('People on this server').waitFor();
  expect(await checkAppearance(page, '0-empty')).toEqual([]);
  await profile.context.close();
});
