/** How a connection begins to follow a conversation. */
export interface Following {
  /** Deliver what comes after this seq, instead of after the device's position. */
  since?: number | undefined;
  /** Called once, before the first entry is sent, with false if the user is not a participant. */
  located?: (isParticipant: boolean) => void;
}

/** Calls back before the first entry of a conversation that the connection began to follow. */
export function reportLocated(cursor: {
  following: Following | undefined;
  readonly sent: number | undefined;
}): void {
  const located = cursor.following?.located;
  cursor.following = undefined;
  located?.(cursor.sent !== undefined);
}
