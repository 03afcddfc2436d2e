import { UnavailableError } from '@chasqui/protocol';

/**
 * Awaits a change and returns its result. An UnavailableError may hide a commit that nobody announced, so it
 * also makes every node reconcile (D7); the error is rethrown.
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
