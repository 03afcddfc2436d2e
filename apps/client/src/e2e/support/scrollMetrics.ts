/// <reference lib="dom" />
import type { Page } from 'playwright-core';

/**
 * Scrolls near the first loaded message and loads the next page of history. Returns the number of messages that were
 * added above, and the largest distance, in pixels, that the view moved in any frame meanwhile.
 */
export async function loadOlderPage(page: Page): Promise<{ added: number; movedPx: number }> {
  let release = (): void => undefined;
  const isWatching = new Promise<void>((resolve) => (release = resolve));
  const history = /\/api\/messages\/.*before_seq/;
  await page.route(history, async (route) => {
    await isWatching;
    await route.continue();
  });
  await page.evaluate(() => document.querySelector('.message-list')?.scrollTo(0, 700));
  await page.locator('.message-list[aria-busy="true"]').waitFor();
  const watched = await page.evaluateHandle(watchPosition);
  release();
  await page.locator('.message-list[aria-busy="false"]').waitFor();
  const result = await watched.evaluate((watch) => watch.end());
  await page.unroute(history);
  return result;
}

/** Runs in the page. Tracks the position of the message in the middle of the view, frame by frame. */
async function watchPosition() {
  const log = document.querySelector('.message-list');
  if (log === null) throw new Error('the page has no message list');
  const frame = (): Promise<number> => new Promise((resolve) => requestAnimationFrame(resolve));
  const middle = log.getBoundingClientRect().top + log.clientHeight / 2;
  const inTheMiddle = (): Element | undefined =>
    [...document.querySelectorAll('.message-slot')].find(
      (one) => one.getBoundingClientRect().bottom > middle,
    );
  // Wait until the rows in view are rendered and measured.
  for (let frames = 0; frames < 10 || inTheMiddle() === undefined; frames += 1) await frame();
  const slot = inTheMiddle();
  const key = CSS.escape(slot?.getAttribute('data-key') ?? '');
  const now = (): Element | null => document.querySelector(`[data-key="${key}"]`);
  const index = (): number => Number(now()?.getAttribute('data-index'));
  const position = (): number => now()?.getBoundingClientRect().top ?? Infinity;
  const [indexBefore, positionBefore] = [index(), position()];
  let movedPx = 0;
  let isOver = false;
  const follow = async (): Promise<void> => {
    while (!isOver) {
      await frame();
      movedPx = Math.max(movedPx, Math.abs(position() - positionBefore));
    }
  };
  void follow();
  return {
    async end() {
      for (let frames = 0; frames < 20; frames += 1) await frame();
      isOver = true;
      return { added: index() - indexBefore, movedPx };
    },
  };
}

/** The cost of scrolling. */
export interface Figures {
  readonly frames: number;
  readonly medianFrameMs: number;
  readonly p95FrameMs: number;
  readonly longTasks: number;
  readonly longestTaskMs: number;
  readonly rowsInPage: number;
}

/** Scrolls through all messages like a fast mouse wheel, and measures. */
export function scrollThrough(page: Page): Promise<Figures> {
  return page.evaluate(async () => {
    const log = document.querySelector('.message-list');
    if (log === null) throw new Error('the page has no message list');
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
