import { UnavailableError } from '@chasqui/protocol';

/**
 * Awaits a change and returns its result. After an UnavailableError the change may be committed but not announced, so
 * every node reconciles (D7). The error is rethrown.
 */
export type TrackOutcome = <T>(change: Promise<T>) => Promise<T>;

export function createOutcomeTracker(onUnknown: () => void): TrackOutcome {
  return async (change) => {
    try {
      return await change;
    } catch (error) {
      if (error instanceof UnavailableError) onUnknown();
      throw error;
    }
  };
}
