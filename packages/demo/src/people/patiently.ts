import { setTimeout as delay } from 'node:timers/promises';
import { RateLimitError, UnavailableError } from '@chasqui/protocol';
import { OfflineError } from '@chasqui/sdk';
import { DemoFailure } from '../bounded';

const ATTEMPTS = 60;
const RETRY_S = 0.3;

/**
 * Repeats `work` while the instance limits the rate or cannot be reached. @throws DemoFailure for a refusal, and after 60
 * attempts.
 */
export async function patiently<T>(what: string, work: () => Promise<T>): Promise<T> {
  let reason = '';
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      reason = `${error.name}, ${error.message}`;
      if (error instanceof RateLimitError) await delay((error.retryAfterSeconds ?? 1) * 1000);
      else if (error instanceof UnavailableError || error instanceof OfflineError)
        await delay(RETRY_S * 1000);
      else break;
    }
  }
  throw new DemoFailure(`${what} failed: ${reason}.`);
}
