import type { Transport } from '@chasqui/core/ports';

/** A transport as the server needs it: the core's, and a way to slow a client down. */
export interface ClientTransport extends Transport {
  /**
   * Stops reading from the client for this long, so that TCP pushes back on a flood. A transport that cannot be paused
   * closes the connection. A second call during the pause does nothing.
   */
  pauseReading(ms: number): void;
}
