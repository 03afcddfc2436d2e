import type { Clock, Timer } from '../timing/clock';

/** Collects items and hands them over in batches, a moment later. */
export interface Gatherer<Item> {
  /** Adds an item; one with the same key is replaced. Beyond `maxKept` keys a new item is dropped. */
  add(item: Item): void;
  /** Hands over now what has been collected. Never rejects. */
  flush(): Promise<void>;
  /** Hands over nothing more. What has been collected stays for `flush`. */
  stop(): void;
}

export interface GathererOptions<Item> {
  clock: Pick<Clock, 'setTimeout'>;
  /** Time from the first item to its batch, milliseconds. */
  afterMs: number;
  /** Time until a failed batch is tried again, milliseconds; `afterMs` unless given. */
  retryMs?: number;
  maxBatch: number;
  /** Number of keys to keep at most: while the store is down, memory must not grow without a bound. */
  maxKept: number;
  key(item: Item): string;
  /**
   * Takes a batch. What it returns is collected again. When it throws, the batch is kept and tried
   * again, unless a newer item with the same key has been added.
   */
  take(batch: Item[]): Promise<Item[] | void>;
  onError(error: unknown, batch: Item[]): void;
}

/** Batches run one after the other, so two versions of an item never overtake each other. */
export function createGatherer<Item>(options: GathererOptions<Item>): Gatherer<Item> {
  const { clock, afterMs, retryMs = afterMs, maxBatch, maxKept, key, take, onError } = options;
  let collected = new Map<string, Item>();
  let timer: Timer | undefined;
  let running: Promise<void> | undefined;
  let stopped = false;

  function schedule(ms: number): void {
    if (timer !== undefined || stopped || collected.size === 0) return;
    timer = clock.setTimeout(() => {
      timer = undefined;
      void flush();
    }, ms);
  }

  function collect(item: Item): void {
    const name = key(item);
    if (collected.size < maxKept || collected.has(name)) collected.set(name, item);
  }

  function keep(items: Item[]): void {
    for (const item of items) if (!collected.has(key(item))) collect(item);
  }

  /** Whether everything was taken. Never rejects. */
  async function handOver(): Promise<boolean> {
    const items = [...collected.values()];
    collected = new Map();
    for (let i = 0; i < items.length; i += maxBatch) {
      const batch = items.slice(i, i + maxBatch);
      try {
        keep((await take(batch)) ?? []);
      } catch (error) {
        keep(items.slice(i));
        onError(error, batch);
        return false;
      }
    }
    return true;
  }

  async function flush(): Promise<void> {
    while (running !== undefined) await running;
    let complete = true;
    running = handOver().then((all) => {
      complete = all;
      running = undefined;
    });
    await running;
    schedule(complete ? afterMs : retryMs);
  }

  return {
    add(item) {
      collect(item);
      schedule(afterMs);
    },
    flush,
    stop() {
      stopped = true;
      timer?.cancel();
    },
  };
}
