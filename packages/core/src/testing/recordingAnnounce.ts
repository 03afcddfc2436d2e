import type { Announce } from '../fanout/announce';
import type { EntryHint } from '../ports/index';

export type Announced =
  | {
      to: 'members';
      conversationId: string;
      membersVersion: number;
      event: string;
      payload: object;
      seq: number;
    }
  | { to: 'users'; userIds: string[]; event: string; payload: object }
  | { to: 'recheck'; userIds: string[] }
  | { to: 'log'; conversationId: string; membersVersion: number; entries: EntryHint[] }
  | {
      to: 'membership';
      conversationId: string;
      membersVersion: number;
      userIds: string[];
      joined: object | null;
    };

export interface RecordingAnnounce extends Announce {
  /** Everything announced since the last `take`, in order. */
  take(): Announced[];
}

/** Keeps what is announced instead of telling anybody. */
export function recordingAnnounce(): RecordingAnnounce {
  let announced: Announced[] = [];
  return {
    entries: (conversationId, membersVersion, entries) =>
      announced.push({ to: 'log', conversationId, membersVersion, entries }),
    toMembers: (conversationId, membersVersion, event, payload, seq) =>
      announced.push({ to: 'members', conversationId, membersVersion, event, payload, seq }),
    toUsers: (userIds, event, payload) => announced.push({ to: 'users', userIds, event, payload }),
    recheck: (userIds) => announced.push({ to: 'recheck', userIds }),
    joined: (conversationId, membersVersion, userIds, joined) =>
      announced.push({ to: 'membership', conversationId, membersVersion, userIds, joined }),
    removed: (conversationId, membersVersion, userIds) =>
      announced.push({ to: 'membership', conversationId, membersVersion, userIds, joined: null }),
    take() {
      const taken = announced;
      announced = [];
      return taken;
    },
  };
}
