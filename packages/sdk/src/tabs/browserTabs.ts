/// <reference lib="dom" />
import * as z from 'zod';
import { createSoleTab } from './soleTab';
import type { TabNews, Tabs } from './tabs';

/** Of the Web Locks API what is needed here: `navigator.locks`. */
export interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal },
    callback: () => Promise<unknown>,
  ): Promise<unknown>;
}

/** Of BroadcastChannel what is needed here. */
export interface Channel {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  close(): void;
}

const newsSchema = z.enum(['outbox', 'session', 'reads']) satisfies z.ZodType<TabNews>;

/**
 * The tabs of one origin, by Web Locks and BroadcastChannel. The lock is the browser's: it falls to another tab when the
 * leading one is closed, crashes or is discarded. `name` as that of the storage they share.
 */
export function createBrowserTabs(name: string, locks: Locks, channel: Channel): Tabs {
  const listeners = new Set<(news: TabNews) => void>();
  const closing = new AbortController();
  channel.addEventListener('message', ({ data }) => {
    const news = newsSchema.safeParse(data);
    if (news.success) for (const listener of [...listeners]) listener(news.data);
  });

  return {
    lead(lead) {
      const giveUp = new AbortController();
      const isOver = AbortSignal.any([giveUp.signal, closing.signal]);
      const held = locks.request(`${name}/lead`, { signal: isOver }, () => {
        lead();
        return new Promise<void>((resolve) => isOver.addEventListener('abort', () => resolve()));
      });
      // Aborted while it was waiting: nothing was held.
      held.catch(() => undefined);
      return () => giveUp.abort();
    },
    async exclusively<T>(what: string, work: () => Promise<T>): Promise<T> {
      let result: { value: T } | undefined;
      await locks.request(`${name}/${what}`, {}, async () => {
        result = { value: await work() };
      });
      if (result === undefined) throw new Error(`the lock ${what} was not granted`);
      return result.value;
    },
    tell: (news) => channel.postMessage(news),
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      closing.abort();
      channel.close();
    },
  };
}

/** By what there is: where a browser has no Web Locks, one tab at a time is what works. */
export function createTabs(name: string): Tabs {
  const locks = globalThis.navigator?.locks;
  if (locks === undefined || globalThis.BroadcastChannel === undefined) return createSoleTab();
  return createBrowserTabs(
    name,
    { request: (lock, options, callback) => locks.request(lock, options, callback) },
    new BroadcastChannel(name),
  );
}
