import { RateLimitError } from '@chasqui/protocol';

/** Caps concurrent exports; each holds a page in memory for as long as its reader takes. */
export interface ExportSlots {
  /** Runs `work` in a slot. Throws RateLimitError if the user or the node has none left. */
  take<T>(userId: string, work: () => Promise<T>): Promise<T>;
}

const NODE_MAX = 5;
const RETRY_AFTER_S = 30;

/** One concurrent export per user, five per node. */
export function createExportSlots(): ExportSlots {
  const users = new Set<string>();
  return {
    async take(userId, work) {
      if (users.has(userId))
        throw new RateLimitError(RETRY_AFTER_S, 'an export is already running');
      if (users.size >= NODE_MAX) throw new RateLimitError(RETRY_AFTER_S, 'too many exports');
      users.add(userId);
      try {
        return await work();
      } finally {
        users.delete(userId);
      }
    },
  };
}
