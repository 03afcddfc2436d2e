import { randomUUID } from 'node:crypto';
import type { Person } from '@chasqui/testkit';
import type { Locator, Page } from 'playwright-core';
import type { Profile } from './chromium';

/** A page of the client and what a user does there (page object). */
export interface ClientPage {
  readonly page: Page;
  readonly name: string;
  /** Searches a person or group by name and opens the conversation. */
  open(title: string): Promise<void>;
  send(text: string): Promise<void>;
  /** The newest rendered message with this text. */
  message(text: string): Locator;
  /** Waits until the user's own message has this status. */
  waitForTicks(text: string, stage: Stage): Promise<void>;
  /** Opens the menu of a message and chooses an action. */
  chooseAction(text: string, action: string): Promise<void>;
  /** Waits until the connection badge shows this state. */
  waitForConnection(state: string): Promise<void>;
}

export type Stage = 'pending' | 'refused' | 'sent' | 'delivered' | 'read';

export const PASSWORD = 'correct horse';

/** Signs up through the form, as on a first visit. */
export async function signUp(profile: Profile, url: string, name: string): Promise<ClientPage> {
  const page = await profile.openTab(url);
  await page.getByLabel('Your name').fill(name);
  await page.getByLabel('Username').fill(`${name.toLowerCase()}_${randomUUID().slice(0, 8)}`);
  await page.getByLabel('Email').fill(`${randomUUID()}@example.org`);
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  const client = clientPage(page, name);
  await client.waitForConnection('live');
  return client;
}

/** Signs in a user who registered through the API. */
export async function signIn(profile: Profile, url: string, person: Person): Promise<ClientPage> {
  const page = await profile.openTab(url);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByLabel('Username or email').fill(person.username);
  await page.getByLabel('Password').fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  const client = clientPage(page, person.username);
  await client.waitForConnection('live');
  return client;
}

export function clientPage(page: Page, name: string): ClientPage {
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
      await page.locator('.list-item').filter({ hasText: title }).first().click();
      await page.getByRole('heading', { name: title, level: 2 }).waitFor();
    },
    async send(text) {
      await page.getByRole('textbox', { name: 'Message' }).fill(text);
      await page.getByRole('textbox', { name: 'Message' }).press('Enter');
    },
    async waitForTicks(text, stage) {
      await message(text).locator(`[data-ticks="${stage}"]`).waitFor();
    },
    async chooseAction(text, action) {
      await message(text).hover();
      await message(text).getByRole('button', { name: 'More actions' }).click();
      await page.getByRole('menuitem', { name: action }).click();
    },
    async waitForConnection(state) {
      // On narrow screens the badge in the list may be hidden.
      await page.locator(`[data-connection="${state}"]`).first().waitFor({ state: 'attached' });
    },
  };
}
