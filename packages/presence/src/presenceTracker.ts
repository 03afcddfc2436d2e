import type { PresenceReader } from '@chasqui/identity';

/** What connections report to presence. No method throws or blocks except `statusOf`. */
export interface PresenceTracker extends PresenceReader {
  connected(userId: string, connectionId: string): void;
  disconnected(userId: string, connectionId: string): void;
  setVisible(userId: string, connectionId: string, visible: boolean): void;
}
