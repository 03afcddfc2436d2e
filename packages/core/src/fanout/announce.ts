import type { ServerEvent } from '@chasqui/protocol';
import type { Entry, Notification } from '../ports/index';

/** Announces committed changes on this node and on the others. */
export interface Announce {
  /** New entries of one conversation, ascending by seq. */
  entries(conversationId: string, membersVersion: number, entries: readonly Entry[]): void;
  /** An event for the members of its conversation at this version or later (D9). */
  toMembers(membersVersion: number, event: ServerEvent): void;
  /** Each event for the users it names. */
  toUsers(...events: ServerEvent[]): void;
  /** Makes these users' connections read their backlogs, because a new membership already has entries. */
  recheck(userIds: string[]): void;
  /**
   * The users that the event names joined. They receive it unless a later version of the membership has removed them:
   * notifications about a membership may come from several nodes, in any order.
   */
  joined(membersVersion: number, event: ServerEvent<'conversation:created'>): void;
  /** These users receive `conversation:removed` and no further entry, unless they have joined again. */
  removed(conversationId: string, membersVersion: number, userIds: string[]): void;
}

/** Announces by notifications. A process without connections of its own passes the bus's `publish`. */
export function announceBy(notify: (notification: Notification) => void): Announce {
  return {
    entries: (conversationId, membersVersion, entries) =>
      notify({ type: 'entries', batch: [{ conversationId, membersVersion, entries }] }),
    toMembers: (membersVersion, event) => notify({ type: 'conversation', membersVersion, event }),
    toUsers(...events) {
      if (events.length > 0) notify({ type: 'users', events });
    },
    recheck: (userIds) => notify({ type: 'recheck', userIds }),
    joined(membersVersion, created) {
      const { conversationId, recipients } = created;
      if (conversationId === null || recipients.scope !== 'users') return;
      const { userIds } = recipients;
      notify({ type: 'membership', conversationId, membersVersion, userIds, created });
    },
    removed: (conversationId, membersVersion, userIds) =>
      notify({ type: 'membership', conversationId, membersVersion, userIds, created: null }),
  };
}
