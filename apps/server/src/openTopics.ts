import type { Bus } from '@chasqui/core/ports';
import type { Database } from '@chasqui/db';
import { type createReleasers, type Log, systemClock } from '@chasqui/foundation';
import { createTopicLog, type TopicGauges, type TopicLog } from '@chasqui/topics';
import type { Settings } from '@chasqui/settings';

interface Options {
  settings: Pick<Settings, 'SWEEP_INTERVAL_MS'>;
  db: Database;
  bus: Bus;
  log: Log;
  /** The counters of one log. */
  gaugesOf(name: string): TopicGauges;
  releasers: ReturnType<typeof createReleasers>;
}

/** The logs of non-chat events that applications publish: one per transport that is configured to publish. */
export interface Topics {
  /** Opens the log of an application, which this node publishes to and follows. Each once. */
  open(name: string): TopicLog;
  /** Per log, the committed events that this node has not reached. */
  behind(): Record<string, number>;
}

/** Opens no log by itself: without a configured publisher there is none, and nothing runs. */
export function openTopics({ settings, db, bus, log, gaugesOf, releasers }: Options): Topics {
  const opened = new Map<string, TopicLog>();
  return {
    open(name) {
      const topicLog = createTopicLog({
        ...{ name, db, bus, clock: systemClock, log, gauges: gaugesOf(name) },
        pollMs: settings.SWEEP_INTERVAL_MS,
      });
      opened.set(name, topicLog);
      releasers.push(`topics of ${name}`, () => topicLog.stop(1_000), 1_200);
      return topicLog;
    },
    behind: () => Object.fromEntries([...opened].map(([name, each]) => [name, each.behind()])),
  };
}
