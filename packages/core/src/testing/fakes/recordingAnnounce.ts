import type { ServerEvent } from '@chasqui/protocol';
import type { Announce } from '../../fanout/announce';
import type { Entry } from '../../ports/index';

export type Announced =
  | {
      to: 'members';
      conversationId: string;
      membersVersion: number;
      event: string;
      payload: object;
      /** 0: all members. */
      seq: number;
    }
  | { to: 'users'; userIds: string[]; event: string; payload: object }
  | { to: 'recheck'; userIds: string[] }
  | { to: 'log'; conversationId: string; membersVersion: number; entries: readonly Entry[] }
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

/** Records announcements instead of delivering them. */
export function recordingAnnounce(): RecordingAnnounce {
  let announced: Announced[] = [];
  return {
    entries: (conversationId, membersVersion, entries) =>
      announced.push({ to: 'log', conversationId, membersVersion, entries }),
    toMembers: (membersVersion, { conversationId, name, data, seq }) =>
      announced.push({
        ...{ to: 'members', conversationId: conversationId ?? '', membersVersion },
        ...{ event: name, payload: data, seq: seq ?? 0 },
      }),
    toUsers(...events) {
      for (const event of events) {
        const { name, data } = event;
        announced.push({ to: 'users', userIds: recipientsOf(event), event: name, payload: data });
      }
    },
    recheck: (userIds) => announced.push({ to: 'recheck', userIds }),
    joined: (membersVersion, created) =>
      announced.push({
        ...{ to: 'membership', conversationId: created.data.id, membersVersion },
        ...{ userIds: recipientsOf(created), joined: created.data },
      }),
    removed: (conversationId, membersVersion, userIds) =>
      announced.push({ to: 'membership', conversationId, membersVersion, userIds, joined: null }),
    take() {
      const taken = announced;
      announced = [];
      return taken;
    },
  };
}

function recipientsOf({ recipients }: ServerEvent): string[] {
  return recipients.scope === 'users' ? [...recipients.userIds] : [];
}
