import { UnavailableError } from '@chasqui/protocol';

/**
 * Awaits a change and returns its result. After an UnavailableError the change may be committed but not announced, so
 * every node reconciles (D7). The error is rethrown.
 */
export type TrackOutcome = <T>(change: Promise<T>) => Promise<T>;

export interface OutcomeTracker {
  track: TrackOutcome;
  /** Resolves when every tracked change has been announced or has failed. */
  idle(): Promise<void>;
}

export function createOutcomeTracker(onUnknown: () => void): OutcomeTracker {
  const inFlight = new Set<Promise<unknown>>();
  return {
    async track(change) {
      inFlight.add(change);
      try {
        return await change;
      } catch (error) {
        if (error instanceof UnavailableError) onUnknown();
        throw error;
      } finally {
        inFlight.delete(change);
      }
    },
    async idle() {
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
    },
  };
}
