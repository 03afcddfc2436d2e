/// <reference lib="dom" />
import type { Page } from 'playwright-core';

/**
 * Scrolls near to the first message that is known, where the next page of history is held back until one looks. How far,
 * in pixels, what is in view moved in any frame while it came, and how many messages came before it.
 */
export async function readOn(page: Page): Promise<{ came: number; movedPx: number }> {
  let release = (): void => undefined;
  const isLooking = new Promise<void>((resolve) => (release = resolve));
  const history = /\/api\/messages\/.*before_seq/;
  await page.route(history, async (route) => {
    await isLooking;
    await route.continue();
  });
  await page.evaluate(() => document.querySelector('.message-list')?.scrollTo(0, 700));
  await page.locator('.message-list[aria-busy="true"]').waitFor();
  const watched = await page.evaluateHandle(watchPlace);
  release();
  await page.locator('.message-list[aria-busy="false"]').waitFor();
  const result = await watched.evaluate((watch) => watch.end());
  await page.unroute(history);
  return result;
}

/** Runs in the page. Follows the message in the middle of the view from frame to frame. */
async function watchPlace() {
  const log = document.querySelector('.message-list');
  if (log === null) throw new Error('there is no list');
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  const middle = log.getBoundingClientRect().top + log.clientHeight / 2;
  const inTheMiddle = (): Element | undefined =>
    [...document.querySelectorAll('.message-slot')].find(
      (one) => one.getBoundingClientRect().bottom > middle,
    );
  // What is scrolled to is drawn and measured first.
  for (let frames = 0; frames < 10 || inTheMiddle() === undefined; frames += 1) await frame();
  const slot = inTheMiddle();
  const key = CSS.escape(slot?.getAttribute('data-key') ?? '');
  const now = (): Element | null => document.querySelector(`[data-key="${key}"]`);
  const index = (): number => Number(now()?.getAttribute('data-index'));
  const place = (): number => now()?.getBoundingClientRect().top ?? Infinity;
  const [indexBefore, placeBefore] = [index(), place()];
  let movedPx = 0;
  let isOver = false;
  const follow = async (): Promise<void> => {
    while (!isOver) {
      await frame();
      movedPx = Math.max(movedPx, Math.abs(place() - placeBefore));
    }
  };
  void follow();
  return {
    async end() {
      for (let frames = 0; frames < 20; frames += 1) await frame();
      isOver = true;
      return { came: index() - indexBefore, movedPx };
    },
  };
}

/** What scrolling costs. */
export interface Figures {
  readonly frames: number;
  readonly medianFrameMs: number;
  readonly p95FrameMs: number;
  readonly longTasks: number;
  readonly longestTaskMs: number;
  readonly rowsInPage: number;
}

/** Scrolls through everything that is there, as with a wheel that is turned fast, and measures. */
export function scrollThrough(page: Page): Promise<Figures> {
  return page.evaluate(async () => {
    const log = document.querySelector('.message-list');
    if (log === null) throw new Error('there is no list');
    const tasks: number[] = [];
    const watch = new PerformanceObserver((seen) =>
      tasks.push(...seen.getEntries().map(({ duration }) => duration)),
    );
    watch.observe({ type: 'longtask' });
    const frames: number[] = [];
    let rowsInPage = 0;
    log.scrollTo(0, 0);
    let last = performance.now();
    for (let step = 0; step < 240; step += 1) {
      log.scrollBy(0, step < 180 ? 160 : log.scrollHeight / 60);
      const now = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      frames.push(now - last);
      last = now;
      rowsInPage = Math.max(rowsInPage, document.querySelectorAll('.message-slot').length);
    }
    watch.disconnect();
    const sorted = frames.slice(1).sort((a, b) => a - b);
    const at = (share: number): number =>
      Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
    return {
      frames: sorted.length,
      medianFrameMs: at(0.5),
      p95FrameMs: at(0.95),
      longTasks: tasks.length,
      longestTaskMs: Math.round(Math.max(0, ...tasks)),
      rowsInPage,
    };
  });
}
