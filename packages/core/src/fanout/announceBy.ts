import type { Announce } from './announce';
import type { Hint } from '../ports/index';

/** Puts what is announced into hints. A process without connections of its own gives them to the bus alone. */
export function announceBy(tell: (hint: Hint) => void): Announce {
  return {
    entries: (conversationId, membersVersion, entries) =>
      tell({ type: 'entries', batch: [{ conversationId, membersVersion, entries }] }),
    toMembers: (conversationId, membersVersion, event, payload, seq) =>
      tell({
        type: 'conversation',
        conversationId,
        membersVersion,
        event,
        json: JSON.stringify(payload),
        seq,
      }),
    toUsers: (userIds, event, payload) =>
      tell({ type: 'users', events: [{ userIds, event, json: JSON.stringify(payload) }] }),
    recheck: (userIds) => tell({ type: 'recheck', userIds }),
    joined: (conversationId, membersVersion, userIds, payload) =>
      tell({
        ...{ type: 'membership', conversationId, membersVersion, userIds },
        joined: JSON.stringify(payload),
      }),
    removed: (conversationId, membersVersion, userIds) =>
      tell({ type: 'membership', conversationId, membersVersion, userIds, joined: null }),
  };
}
