import type { PresenceReader } from '@chasqui/identity';

/** Who is online, as far as this room tells and asks. No call throws or waits, but `statusOf`. */
export interface PresenceTracker extends PresenceReader {
  connected(userId: string, connectionId: string): void;
  disconnected(userId: string, connectionId: string): void;
  setVisible(userId: string, connectionId: string, visible: boolean): void;
}
