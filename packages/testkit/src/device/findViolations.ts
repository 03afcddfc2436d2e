import type { Message } from '@chasqui/protocol';
import type { Attempt, Device } from './deviceTypes';
import type { Instance } from '../instance/instance';
import type { Person } from '../clients/people';

export interface FaultRun {
  instance: Instance;
  conversationId: string;
  /** People who are participants during the whole run. */
  people: readonly Person[];
  /** Their devices that must have every entry by now. */
  devices: readonly Device[];
  /** All sends with their outcomes. */
  attempts: readonly Attempt[];
}

/**
 * Checks a run with faults and returns its violations as text: L a message is lost, D shown twice, O out of
 * order, U an unknown send is stored more than once, S counts differ from a recount, or events from a fresh
 * fetch.
 */
export async function findViolations(run: FaultRun): Promise<string[]> {
  const found = [
    ...lostMessages(run),
    ...run.devices.flatMap((device) => device.violations.map((why) => `O: ${why}`)),
    ...orderViolations(run),
    ...(await storageViolations(run)),
    ...(await countViolations(run)),
    ...(await fetchDifferences(run)),
  ];
  return found.slice(0, 20);
}

function lostMessages({ attempts, devices, conversationId }: FaultRun): string[] {
  return devices.flatMap((device) => {
    const seen = new Set(device.entries(conversationId).map(({ id }) => id));
    // The sending device counts the answer to its send as received.
    for (const { message } of device.attempts) if (message) seen.add(message.id);
    return attempts
      .filter(({ outcome, message }) => outcome === 'acknowledged' && !seen.has(message?.id ?? ''))
      .map(({ message }) => `L: ${device.deviceId} never saw ${message?.seq} (${message?.id})`);
  });
}

function orderViolations({ devices, conversationId }: FaultRun): string[] {
  return devices.flatMap((device) => {
    const entries = device.entries(conversationId);
    const ids = new Set(entries.map(({ id }) => id));
    const doubled =
      ids.size === entries.length ? [] : [`D: ${device.deviceId} shows a message twice`];
    const gaps = entries
      .slice(1)
      .filter(({ seq }, i) => seq !== (entries[i]?.seq ?? 0) + 1)
      .map(({ seq }) => `O: ${device.deviceId} has a gap before ${seq}`);
    return [...doubled, ...gaps];
  });
}

async function storageViolations({
  instance,
  attempts,
  conversationId,
}: FaultRun): Promise<string[]> {
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

async function countViolations({ instance, people, conversationId }: FaultRun): Promise<string[]> {
  const rows = await instance.sql<{ user_id: string; unread: string; read: string }>(
    `SELECT p.user_id, p.read_seq AS read, count(m.seq) AS unread FROM participants p
     LEFT JOIN messages m ON m.conversation_id = p.conversation_id AND m.kind = 'message'
       AND m.deleted_at IS NULL AND m.sender_id <> p.user_id
       AND m.seq > p.read_seq AND m.seq >= p.joined_seq
     WHERE p.conversation_id = $1 GROUP BY p.user_id, p.read_seq`,
    [conversationId],
  );
  const violations: string[] = [];
  for (const person of people) {
    const { my } = await person.conversation(conversationId);
    const recount = Number(rows.find((row) => row.user_id === person.id)?.unread);
    if (my.unread_count !== recount) {
      violations.push(`S: ${person.username} has ${my.unread_count} unread, expected ${recount}`);
    }
    if (my.read_seq > my.delivered_seq)
      violations.push(`S: ${person.username} has read what was not delivered`);
  }
  return violations;
}

async function fetchDifferences({ people, devices, conversationId }: FaultRun): Promise<string[]> {
  const violations: string[] = [];
  for (const person of people) {
    const fresh = (await person.history(conversationId)).map(withoutStatus);
    for (const device of devices.filter(({ userId }) => userId === person.id)) {
      const shown = new Map(
        device.entries(conversationId).map((message) => [message.seq, withoutStatus(message)]),
      );
      for (const message of fresh) {
        const own = shown.get(message.seq);
        if (own !== undefined && JSON.stringify(own) !== JSON.stringify(message)) {
          violations.push(`S: ${device.deviceId} differs from a fetch at ${message.seq}`);
        }
      }
    }
  }
  return violations;
}

/** Receipts do not change a message's version, so two copies of it may have different statuses. */
export function withoutStatus({ status: _, ...rest }: Message): Omit<Message, 'status'> {
  return rest;
}
