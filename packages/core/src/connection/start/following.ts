/** How a connection begins to follow a conversation. */
export interface Following {
  /** Deliver what comes after this seq, instead of after the device's position. */
  since?: number | undefined;
  /** Called once, before the first entry is sent, with false if the user is not a participant. */
  located?: (isParticipant: boolean) => void;
}

/** The part of a cursor that is decided when the connection begins to follow its conversation. */
interface Start {
  following: Following | undefined;
  sent: number | undefined;
}

/** Sets the position of a cursor that has none. What the client has asked for takes precedence over the device's. */
export function placeAt(cursor: Start, position: number, lastSeq: number): number {
  // After a restore from a backup, a client may ask for more than there is.
  return (cursor.sent ??= Math.min(cursor.following?.since ?? position, lastSeq));
}

/** Calls back before the first entry of a conversation that the connection began to follow. */
export function reportLocated(cursor: Start): void {
  const located = cursor.following?.located;
  cursor.following = undefined;
  located?.(cursor.sent !== undefined);
}
