import type { EntryHint } from '../ports/index';

/**
 * What changing the log announces after its commit, on this node and on the others. The rooms that
 * change something get this; how it travels is the business of `createCore`.
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
  /** The connections of these users read their backlogs: a membership began that has entries already. */
  recheck(userIds: string[]): void;
  /**
   * These users joined: they are told `conversation:created`, unless a later version of the membership
   * has it otherwise. The news of a membership may travel from several nodes, in any order.
   */
  joined(conversationId: string, membersVersion: number, userIds: string[], payload: object): void;
  /** They lost it: `conversation:removed`, and their connections forget it; unless they have joined again. */
  removed(conversationId: string, membersVersion: number, userIds: string[]): void;
}
