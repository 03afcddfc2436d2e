import type { Person } from '@chasqui/testkit';
import type { BrowserSuite } from './browserSuite';
import type { Profile } from './chromium';
import { type ClientPage, signIn } from './clientPage';

/** Ana in a browser, in a direct conversation with Ben, who uses the API. */
export interface DirectChat {
  readonly profile: Profile;
  readonly ana: ClientPage;
  readonly ben: Person;
  readonly id: string;
  /** The texts of Ben's history, oldest first. */
  texts(): Promise<string[]>;
}

/** `prepare` runs before the first page is opened. */
export async function openDirectChat(
  { instance, people, chromium }: BrowserSuite,
  prepare?: (profile: Profile) => Promise<unknown>,
): Promise<DirectChat> {
  const profile = await chromium.newProfile();
  await prepare?.(profile);
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const page = await signIn(profile, instance.url(), ana);
  await page.open(ben.username);
  const texts = async (): Promise<string[]> =>
    (await ben.history(id)).map(({ content_encrypted: content }) => decodeContent(content ?? ''));
  return { profile, ana: page, ben, id, texts };
}

const decodeContent = (content: string): string =>
  Buffer.from(content.replace('base64:', ''), 'base64').toString('utf8');
