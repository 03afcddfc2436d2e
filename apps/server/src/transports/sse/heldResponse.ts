import type { ServerResponse } from 'node:http';
import type { Clock } from '@chasqui/foundation';
import { UnavailableError } from '@chasqui/protocol';
import type { ErrorReporter } from '../../observability/errorReporter';
import type { UnsentResponses } from '../rest/body/unsentResponses';
import { HUB_PATH, hubLinkFor } from './hub';
import { decodePosition } from './position/streamPosition';
import { COMMENT } from './stream/eventStream';

/** A response that is accepted before what it needs is available. */
export interface HeldResponse {
  /** Writes the head of the stream. A second call does nothing. */
  writeHead(isResumed: boolean): void;
  /** Writes the head before it is known where the stream continues. */
  accept(): void;
  /**
   * Runs `open` until it succeeds. While PostgreSQL does not answer, the response is an empty stream: an EventSource never
   * returns after any status other than 200 (D11). Throws other errors as long as the head is not written, and then ends the
   * response.
   */
  keepTrying(open: () => Promise<void>): Promise<void>;
}

interface Options {
  lastEventId: string | undefined;
  extendDeadline: UnsentResponses['extend'];
  failed: ErrorReporter;
  clock: Clock;
}

const RETRY_MS = 1_000;
/** Well below the time limit of a request. */
export const ACCEPT_AFTER_MS = 3_000;
/** Streams end by themselves, and slow readers are closed by the transport. */
const LONGEST_MS = 86_400_000;

export function createHeldResponse(
  response: ServerResponse,
  { lastEventId, extendDeadline, failed, clock }: Options,
): HeldResponse {
  function writeHead(isResumed: boolean): void {
    if (response.headersSent || response.destroyed) return;
    const preceding = isResumed ? lastEventId : 'earliest';
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'private, no-store',
      'X-Accel-Buffering': 'no',
      Link: hubLinkFor(HUB_PATH),
      ...(lastEventId === undefined || preceding === undefined
        ? {}
        : { 'Last-Event-ID': preceding, 'Mercure-Last-Event-ID': preceding }),
    });
    response.flushHeaders();
    extendDeadline(response, LONGEST_MS);
  }

  const accept = (): void => {
    const isPosition = lastEventId !== undefined && decodePosition(lastEventId) !== undefined;
    writeHead(isPosition);
    response.write(COMMENT);
  };

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      clock.setTimeout(resolve, RETRY_MS * (1 + Math.random()));
    });

  return {
    writeHead,
    accept,
    async keepTrying(open) {
      const timer = clock.setTimeout(accept, ACCEPT_AFTER_MS);
      try {
        while (!response.destroyed) {
          try {
            await open();
            return;
          } catch (thrown) {
            const error = failed(thrown, { stream: true });
            if (!(error instanceof UnavailableError)) {
              if (!response.headersSent) throw error;
              response.end();
              return;
            }
          }
          accept();
          await pause();
        }
      } finally {
        timer.cancel();
      }
    },
  };
}
