import type { Message } from '@chasqui/protocol';
import type { Attempt, Device } from './device';
import type { Instance } from '../instance/instance';
import type { Person } from './people';

export interface Case {
  instance: Instance;
  conversationId: string;
  /** Participants from before the first to after the last message. */
  people: readonly Person[];
  /** Devices of theirs that are entitled to every entry, drained by now. */
  devices: readonly Device[];
  /** What was sent, with all outcomes. */
  attempts: readonly Attempt[];
}

/**
 * How a run with faults is judged: L nothing lost, D nothing doubled, O in order, U unknown sends
 * exist once at the most, S counts equal a recount and events equal a fresh fetch. Returns what is
 * wrong, in words; nothing when all is well.
 */
export async function judge(run: Case): Promise<string[]> {
  const found = [
    ...lost(run),
    ...run.devices.flatMap((device) => device.complaints.map((why) => `O: ${why}`)),
    ...outOfOrder(run),
    ...(await storedOtherwise(run)),
    ...(await miscounted(run)),
    ...(await shownOtherwise(run)),
  ];
  return found.slice(0, 20);
}

function lost({ attempts, devices, conversationId }: Case): string[] {
  return devices.flatMap((device) => {
    const seen = new Set(device.entries(conversationId).map(({ id }) => id));
    // The brief answer of a send is all that the sending device needs.
    for (const { message } of device.attempts) if (message) seen.add(message.id);
    return attempts
      .filter(({ outcome, message }) => outcome === 'acknowledged' && !seen.has(message?.id ?? ''))
      .map(({ message }) => `L: ${device.deviceId} never saw ${message?.seq} (${message?.id})`);
  });
}

function outOfOrder({ devices, conversationId }: Case): string[] {
  return devices.flatMap((device) => {
    const entries = device.entries(conversationId);
    const ids = new Set(entries.map(({ id }) => id));
    const doubled = ids.size === entries.length ? [] : [`D: ${device.deviceId} shows one twice`];
    const gaps = entries
      .slice(1)
      .filter(({ seq }, i) => seq !== (entries[i]?.seq ?? 0) + 1)
      .map(({ seq }) => `O: ${device.deviceId} has nothing before ${seq}`);
    return [...doubled, ...gaps];
  });
}

async function storedOtherwise({ instance, attempts, conversationId }: Case): Promise<string[]> {
  const rows = await instance.sql<{ seq: string; client_message_id: string | null }>(
    'SELECT seq, client_message_id FROM messages WHERE conversation_id = $1 ORDER BY seq',
    [conversationId],
  );
  const gaps = rows
    .filter(({ seq }, i) => Number(seq) !== i + 1)
    .slice(0, 1)
    .map(({ seq }) => `O: the log has a gap before ${seq}`);
  const stored = new Map<string, number>();
  for (const { client_message_id: id } of rows) {
    if (id !== null) stored.set(id, (stored.get(id) ?? 0) + 1);
  }
  const acknowledged = new Set(
    attempts
      .filter(({ outcome }) => outcome === 'acknowledged')
      .map(({ clientMessageId }) => clientMessageId),
  );
  const wrong = attempts.flatMap(({ clientMessageId, outcome }) => {
    const times = stored.get(clientMessageId) ?? 0;
    const least = acknowledged.has(clientMessageId) ? 1 : 0;
    return times >= least && times <= 1 ? [] : [`U: an ${outcome} send is stored ${times} times`];
  });
  return [...gaps, ...wrong];
}

async function miscounted({ instance, people, conversationId }: Case): Promise<string[]> {
  const rows = await instance.sql<{ user_id: string; unread: string; read: string }>(
    `SELECT p.user_id, p.read_seq AS read, count(m.seq) AS unread FROM participants p
     LEFT JOIN messages m ON m.conversation_id = p.conversation_id AND m.kind = 'message'
       AND m.deleted_at IS NULL AND m.sender_id <> p.user_id
       AND m.seq > p.read_seq AND m.seq >= p.joined_seq
     WHERE p.conversation_id = $1 GROUP BY p.user_id, p.read_seq`,
    [conversationId],
  );
  const complaints: string[] = [];
  for (const person of people) {
    const { my } = await person.conversation(conversationId);
    const recount = Number(rows.find((row) => row.user_id === person.id)?.unread);
    if (my.unread_count !== recount) {
      complaints.push(`S: ${person.username} has ${my.unread_count} unread, in truth ${recount}`);
    }
    if (my.read_seq > my.delivered_seq) complaints.push(`S: ${person.username} read undelivered`);
  }
  return complaints;
}

async function shownOtherwise({ people, devices, conversationId }: Case): Promise<string[]> {
  const complaints: string[] = [];
  for (const person of people) {
    const fresh = (await person.history(conversationId)).map(withoutStatus);
    for (const device of devices.filter(({ userId }) => userId === person.id)) {
      const shown = new Map(
        device.entries(conversationId).map((message) => [message.seq, withoutStatus(message)]),
      );
      for (const message of fresh) {
        const own = shown.get(message.seq);
        if (own !== undefined && JSON.stringify(own) !== JSON.stringify(message)) {
          complaints.push(`S: ${device.deviceId} shows ${message.seq} otherwise than a fetch`);
        }
      }
    }
  }
  return complaints;
}

/** Receipts do not change a message, so its status may be older in one of two copies. */
export function withoutStatus({ status: _, ...rest }: Message): Omit<Message, 'status'> {
  return rest;
}
