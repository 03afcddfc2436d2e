import { randomUUID } from 'node:crypto';
import type { Person } from '@pern/testing/people';
import type { Locator, Page } from 'playwright-core';
import type { Profile } from './chromium';

/** What somebody does in a page, in the words of whoever does it. */
export interface Persona {
  readonly page: Page;
  readonly name: string;
  /** Finds somebody, or a group, by name and opens the conversation. */
  open(title: string): Promise<void>;
  write(text: string): Promise<void>;
  /** The newest message with this text that is in the page. */
  message(text: string): Locator;
  /** Waits until a message of mine has come this far. */
  ticks(text: string, stage: Stage): Promise<void>;
  /** Opens what can be done with a message and chooses. */
  choose(text: string, action: string): Promise<void>;
  /** Waits until the badge says so. */
  connection(state: string): Promise<void>;
}

export type Stage = 'pending' | 'refused' | 'sent' | 'delivered' | 'read';

export const PASSWORD = 'correct horse';

/** Signs up by the form, as on a first visit. */
export async function signUp(profile: Profile, url: string, name: string): Promise<Persona> {
  const page = await profile.tab(url);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('User name').fill(`${name.toLowerCase()}_${randomUUID().slice(0, 8)}`);
  await page.getByLabel('E-mail').fill(`${randomUUID()}@example.org`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  const persona = personaOn(page, name);
  await persona.connection('live');
  return persona;
}

/** Signs in somebody who was registered without a page. */
export async function signIn(profile: Profile, url: string, person: Person): Promise<Persona> {
  const page = await profile.tab(url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('User name or e-mail').fill(person.username);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const persona = personaOn(page, person.username);
  await persona.connection('live');
  return persona;
}

export function personaOn(page: Page, name: string): Persona {
  const message = (text: string): Locator =>
    page
      .locator('.message-slot')
      .filter({ has: page.getByText(text, { exact: true }) })
      .last();
  return {
    page,
    name,
    message,
    async open(title) {
      await page.getByRole('textbox', { name: 'Find people and chats' }).fill(title);
      await page.locator('.choice').filter({ hasText: title }).first().click();
      await page.getByRole('heading', { name: title, level: 2 }).waitFor();
    },
    async write(text) {
      await page.getByRole('textbox', { name: 'Message' }).fill(text);
      await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    },
    async ticks(text, stage) {
      await message(text).locator(`[data-ticks="${stage}"]`).waitFor();
    },
    async choose(text, action) {
      await message(text).hover();
      await message(text).getByRole('button', { name: 'More' }).click();
      await page.getByRole('menuitem', { name: action }).click();
    },
    async connection(state) {
      // On a narrow screen the one in the list may be hidden.
      await page.locator(`[data-connection="${state}"]`).first().waitFor({ state: 'attached' });
    },
  };
}
