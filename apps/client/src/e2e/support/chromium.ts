import { chromiumProgram } from '@chasqui/testkit';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** The limit for a single action or wait, generous enough for a busy machine. */
const ACTION_TIMEOUT_MS = 30_000;

/** A Chromium whose profiles are isolated from each other, like browsers on different machines. */
export interface Chromium {
  newProfile(options?: Parameters<Browser['newContext']>[0]): Promise<Profile>;
  close(): Promise<void>;
}

export interface Profile {
  readonly context: BrowserContext;
  /** Script errors and content security policy violations. */
  readonly pageErrors: readonly string[];
  /** Opens a new tab in this profile. */
  openTab(url: string): Promise<Page>;
}

export async function openChromium(): Promise<Chromium> {
  const program = chromiumProgram();
  const browser = await chromium.launch({
    executablePath: program.command,
    env: { ...process.env, ...program.env },
    // Chromium refuses to run as root with a sandbox. It only loads our own pages.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  });
  return {
    async newProfile(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1_280, height: 800 },
        locale: 'en-GB',
        permissions: ['clipboard-write', 'clipboard-read'],
        ...options,
      });
      context.setDefaultTimeout(ACTION_TIMEOUT_MS);
      const pageErrors: string[] = [];
      context.on('weberror', (error) => pageErrors.push(String(error.error())));
      context.on('console', (message) => {
        if (message.text().includes('Content Security Policy')) pageErrors.push(message.text());
      });
      return {
        context,
        pageErrors,
        async openTab(url) {
          const page = await context.newPage();
          await page.goto(url);
          return page;
        },
      };
    },
    close: () => browser.close(),
  };
}
