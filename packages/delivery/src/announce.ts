import type { EntryHint } from './ports';

/**
 * What changing the log announces after its commit, on this node and on the others. The rooms that
 * change something get this; how it travels is the business of `createDelivery`.
 */
export interface Announce {
  /** New entries of one conversation, ascending by seq. */
  entries(conversationId: string, membersVersion: number, entries: EntryHint[]): void;
  /** An event for all members who joined at `seq` or before (0: everybody). */
  toMembers(
    conversationId: string,
    membersVersion: number,
    event: string,
    payload: object,
    seq: number,
  ): void;
  toUsers(userIds: string[], event: string, payload: object): void;
  /** These users lost the conversation: their connections forget it. */
  removed(conversationId: string, userIds: string[]): void;
}
