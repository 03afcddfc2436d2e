import { randomUUID } from 'node:crypto';
import type { Clock, Log, Timer } from '@chasqui/foundation';
import type { TopicLog } from '@chasqui/topics';
import type { Selector } from '../selectors/selector';
import type { HubGrant } from '../updates/hubTokens';
import type { SharedSubscriptions } from './sharedSubscriptions';
import { type ActiveSubscription, dialectOf, documentOf, pathOf } from './subscriptionDocument';

/** Active subscriptions to the updates of applications. The chat is not part of them. */
export interface ActiveSubscriptions {
  /** Registers the selectors of a new stream. The returned function ends them. */
  begin(selectors: readonly Selector[], grant: HubGrant): () => void;
  /** Of all nodes; without Redis, of this node. */
  list(): Promise<ActiveSubscription[]>;
  /** Ends the subscriptions of this node. */
  stop(): Promise<void>;
}

interface Deps {
  shared: SharedSubscriptions;
  updates: Pick<TopicLog, 'publish'>;
  clock: Clock;
  log: Pick<Log, 'warn'>;
}

const RENEW_EVERY_MS = 10_000;
/** Events of one publish. */
const EVENTS_MAX = 100;

export function createActiveSubscriptions({
  shared,
  updates,
  clock,
  log,
}: Deps): ActiveSubscriptions {
  const here = new Set<ActiveSubscription>();
  let timer: Timer | undefined;
  let isStopped = false;
  const working = new Set<Promise<void>>();

  /** Runs one step. Never rejects. */
  function run(step: () => Promise<void>): Promise<void> {
    const done = step().catch((error: unknown) => {
      log.warn({ err: error }, 'a subscription was not announced');
    });
    working.add(done);
    return done.finally(() => working.delete(done));
  }

  async function announce(entries: readonly ActiveSubscription[], active: boolean): Promise<void> {
    const events = entries.map((entry) => ({
      id: `urn:uuid:${randomUUID()}`,
      topics: [pathOf(entry)],
      private: true,
      type: dialectOf(entry) === '1.0' ? 'mercure' : null,
      data: JSON.stringify({
        ...(dialectOf(entry) === 'older' ? { '@context': 'https://mercure.rocks/' } : {}),
        ...documentOf(entry, active),
      }),
    }));
    for (let from = 0; from < events.length; from += EVENTS_MAX)
      await updates.publish(events.slice(from, from + EVENTS_MAX));
  }

  async function renew(): Promise<void> {
    const dead = await shared.renew();
    // Redis may have lost its data.
    if (here.size > 0) await shared.add([...here]);
    await announce(dead, false);
  }

  function renewLater(): void {
    if (isStopped) return;
    timer = clock.setTimeout(() => {
      void run(renew);
      renewLater();
    }, RENEW_EVERY_MS);
  }
  renewLater();

  return {
    begin(selectors, grant) {
      const subscriber = `urn:uuid:${randomUUID()}`;
      const entries = selectors.map((selector): ActiveSubscription => {
        const payload = grant.payloadFor(selector);
        const entry = { kind: selector.kind, selector: selector.text, subscriber };
        return payload === undefined ? entry : { ...entry, payload };
      });
      for (const entry of entries) here.add(entry);
      const begun = run(() => shared.add(entries).finally(() => announce(entries, true)));
      return () => {
        for (const entry of entries) here.delete(entry);
        void run(async () => {
          // A subscription is announced before its end.
          await begun;
          await shared.remove(entries).finally(() => announce(entries, false));
        });
      };
    },
    async list() {
      try {
        return await shared.all();
      } catch {
        return [...here];
      }
    },
    async stop() {
      isStopped = true;
      timer?.cancel();
      await Promise.all(working);
    },
  };
}
