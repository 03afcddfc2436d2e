/// <reference lib="dom" />
import * as z from 'zod';
import { type Clock, systemClock } from '../scheduling/clock';
import { randomId } from '../crypto/randomId';
import type { Channel, Locks } from './browserApis';
import { createSoleTab } from './soleTab';
import { createStorageChannel } from './storageChannel';
import type { TabChange, Tabs } from './tabs';

const changeSchema = z.enum(['outbox', 'session', 'reads']) satisfies z.ZodType<TabChange>;

/** A working browser grants a free lock almost immediately. */
const GRANTED_WITHIN_MS = 3_000;
/** Longer than any request made under a lock. */
const HELD_AT_MOST_MS = 30_000;

/**
 * Coordinates the tabs of one origin by Web Locks and BroadcastChannel. The browser hands the lock to another tab when the
 * leading one is closed, crashes or is discarded. `name` identifies the shared storage.
 *
 * If the browser refuses locks or never grants one, every tab leads. Two tabs may then send the same message, whose id
 * prevents a duplicate (D2), and refresh the same token, which the server tolerates for a short time.
 */
export function createBrowserTabs(
  name: string,
  locks: Locks,
  channel: Channel,
  clock: Clock = systemClock,
): Tabs {
  const alone = createSoleTab();
  const areGranted = grants(name, locks, clock);
  const listeners = new Set<(change: TabChange) => void>();
  const closing = new AbortController();
  channel.addEventListener('message', ({ data }) => {
    const change = changeSchema.safeParse(data);
    if (change.success) for (const listener of [...listeners]) listener(change.data);
  });

  return {
    lead(lead) {
      const giveUp = new AbortController();
      const isOver = AbortSignal.any([giveUp.signal, closing.signal]);
      let leads = false;
      const begin = (): void => {
        if (leads || isOver.aborted) return;
        leads = true;
        lead();
      };
      void areGranted.then((granted) => {
        if (!granted) return begin();
        const held = locks.request(`${name}/lead`, { signal: isOver }, () => {
          begin();
          return new Promise<void>((resolve) => isOver.addEventListener('abort', () => resolve()));
        });
        // Aborted while waiting; the lock was never held.
        held.catch(() => undefined);
      });
      return () => giveUp.abort();
    },
    async exclusively<T>(what: string, work: () => Promise<T>): Promise<T> {
      if (!(await areGranted)) return alone.exclusively(what, work);
      const waiting = new AbortController();
      const timer = clock.setTimeout(() => waiting.abort(), HELD_AT_MOST_MS);
      let result: Promise<T> | undefined;
      try {
        await locks.request(`${name}/${what}`, { signal: waiting.signal }, async () => {
          timer.cancel();
          result = work();
          await result;
        });
      } catch (error) {
        // Refused, or held by a hung tab: the work has not started.
        if (result === undefined) return alone.exclusively(what, work);
        throw error;
      } finally {
        timer.cancel();
      }
      if (result === undefined) throw new Error(`the lock ${what} was not granted`);
      return result;
    },
    notify: (change) => channel.postMessage(change),
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

/** Whether the browser grants a lock that no other tab can hold. */
async function grants(name: string, locks: Locks, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(false), GRANTED_WITHIN_MS);
    const settle = (granted: boolean): void => {
      timer.cancel();
      resolve(granted);
    };
    locks
      .request(`${name}/probe/${randomId()}`, {}, async () => settle(true))
      .catch(() => settle(false));
  });
}

/**
 * Coordinates the tabs of this page's origin. `name` identifies the shared storage. In a browser without Web Locks or
 * without a channel between tabs, each tab works on its own.
 */
export function createTabs(name: string): Tabs {
  const locks = globalThis.navigator?.locks;
  const channel = locks === undefined ? undefined : channelOf(name);
  if (locks === undefined || channel === undefined) return createSoleTab();
  return createBrowserTabs(
    name,
    { request: async (lock, options, callback) => locks.request(lock, options, callback) },
    channel,
  );
}

function channelOf(name: string): Channel | undefined {
  try {
    return new BroadcastChannel(name);
  } catch {
    // Not supported, or refused because the page has no origin.
    return createStorageChannel(name);
  }
}
