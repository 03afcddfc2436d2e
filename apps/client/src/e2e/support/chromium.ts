import { chromiumProgram } from '@pern/testing/chromiumProgram';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** A loaded machine takes its time; what never comes fails all the same. */
export const PATIENCE_MS = 30_000;

/** A Chromium with profiles that know nothing of each other, as of people at different machines. */
export interface Chromium {
  /** A new profile, and what its pages complained of. */
  profile(options?: Parameters<Browser['newContext']>[0]): Promise<Profile>;
  close(): Promise<void>;
}

export interface Profile {
  readonly context: BrowserContext;
  /** Errors of scripts, and everything that the content security policy refused. */
  readonly complaints: readonly string[];
  /** Another tab of this profile. */
  tab(address: string): Promise<Page>;
}

export async function openChromium(): Promise<Chromium> {
  const program = chromiumProgram();
  const browser = await chromium.launch({
    executablePath: program.command,
    env: { ...process.env, ...program.env },
    // As root there is no sandbox; what runs in it is ours.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  });
  return {
    async profile(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1_280, height: 800 },
        locale: 'en-GB',
        permissions: ['clipboard-write', 'clipboard-read'],
        ...options,
      });
      context.setDefaultTimeout(PATIENCE_MS);
      const complaints: string[] = [];
      context.on('weberror', (error) => complaints.push(String(error.error())));
      context.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) complaints.push(message.text());
      });
      return {
        context,
        complaints,
        async tab(address) {
          const page = await context.newPage();
          await page.goto(address);
          return page;
        },
      };
    },
    close: () => browser.close(),
  };
}
