import type { Scene } from '../faults/scene';
import { until } from '@chasqui/testkit';
import type { Company } from './company';
import { certainly } from './outcome';
import { fetchPictures } from './reader';
import { difference } from './shownState';

/** How soon after the last mishap everything must be whole again. Nothing may be stuck (D5, D11). */
const WHOLE_WITHIN_MS = 60_000;

interface StoredEntry {
  conversation_id: string;
  seq: string;
  kind: string;
  sender_id: string;
  client_message_id: string | null;
  event: { type: string; user_ids?: string[] } | null;
}

/**
 * How a story is judged once everything is mended and everybody is back: L, D, O, U, S of a run with
 * faults, D9 for those who left, D10, and that nobody waits any more. In words; nothing when all is well.
 */
export async function judgeStory(scene: Scene, company: Company): Promise<string[]> {
  const wrong = [...company.violations];
  const note = (found: string | undefined): void => void (found !== undefined && wrong.push(found));

  note(await inTime('both servers are ready', () => isReady(scene)));
  note(await inTime('everybody is back', () => company.readers.every((one) => one.isConnected())));
  for (const person of company.people) {
    let last: string | undefined = 'not looked at yet';
    const agrees = async (): Promise<boolean> => {
      const fresh = await fetchPictures(person);
      for (const reader of company.readers) {
        if (reader.person !== person) continue;
        last = difference(reader.state.picture(), fresh);
        if (last !== undefined) return false;
      }
      return true;
    };
    if ((await inTime('they agree', agrees)) === undefined) continue;
    const first = last;
    for (const reader of company.readers) if (reader.person === person) await reader.syncByRest();
    const mended = await agrees();
    const how = mended ? 'only a further sync mended it' : `nor does a sync mend it: ${last}`;
    wrong.push(`S: a device of ${person.username} differs from a fresh fetch: ${first}; ${how}`);
  }

  const entries = await scene.instance.sql<StoredEntry>(
    `SELECT m.conversation_id, m.seq, m.kind, m.sender_id, m.client_message_id, m.event
     FROM messages m WHERE m.conversation_id = ANY ($1::uuid[]) ORDER BY m.conversation_id, m.seq`,
    [company.rooms.map(({ id }) => id)],
  );
  wrong.push(...misnumbered(entries), ...storedOtherwise(entries, company));
  wrong.push(...sentToOthers(entries, company), ...badlyOrdered(entries, company));
  note(await inTime('everybody is online on both nodes', () => isEverybodyOnline(company)));
  note(await inTime('nobody waits', () => isNobodyWaiting(scene, company)));
  const statuses = await scene.instance.sql<{ user_id: string }>(
    'SELECT user_id FROM participants WHERE read_seq > delivered_seq',
  );
  if (statuses.length > 0) wrong.push(`S: ${statuses.length} have read what is not delivered`);
  const metrics = await scene.instance.sql<{ kind: string; count: string }>(
    `SELECT kind, count FROM findings WHERE source = 'audit' AND count > 0`,
  );
  wrong.push(...metrics.map(({ kind, count }) => `the auditor found ${count} times: ${kind}`));
  return wrong.slice(0, 20);
}

/** Undefined when it is so within the time, else a complaint. */
async function inTime(
  what: string,
  fact: () => boolean | Promise<boolean>,
): Promise<string | undefined> {
  return until(what, fact, WHOLE_WITHIN_MS).then(
    () => undefined,
    (error: unknown) => {
      const { message, cause } = error instanceof Error ? error : new Error(String(error));
      return `stuck: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
    },
  );
}

async function isReady({ instance }: Scene): Promise<boolean> {
  const answers = await Promise.all(
    instance.nodes.map(async ({ url }) => {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      return (await response.json()) as { status: string };
    }),
  );
  return answers.every(({ status }) => status === 'ok');
}

function misnumbered(entries: StoredEntry[]): string[] {
  const last = new Map<string, number>();
  const wrong: string[] = [];
  for (const { conversation_id: id, seq } of entries) {
    if (Number(seq) !== (last.get(id) ?? 0) + 1) wrong.push(`O: ${id} has a gap before ${seq}`);
    last.set(id, Number(seq));
  }
  return wrong;
}

function storedOtherwise(entries: StoredEntry[], { intents }: Company): string[] {
  const stored = new Map<string, number[]>();
  for (const { client_message_id: id, seq } of entries) {
    if (id !== null) stored.set(id, [...(stored.get(id) ?? []), Number(seq)]);
  }
  return intents.flatMap(({ clientMessageId: id, outcome, seq }) => {
    const seqs = stored.get(id) ?? [];
    if (seqs.length > 1) return [`D: ${id} is stored at ${seqs.join(' and ')}`];
    if (outcome !== 'acknowledged' || seqs[0] === seq) return [];
    return [`L: ${id} was acknowledged with seq ${seq}, and is stored at ${seqs[0] ?? 'no place'}`];
  });
}

/** From which seq to which somebody belonged to a conversation: from the entry that says so on. */
function memberships(entries: StoredEntry[]): Map<string, [from: number, to: number][]> {
  const found = new Map<string, [number, number][]>();
  for (const { conversation_id: id, seq, kind, sender_id, event } of entries) {
    if (kind !== 'event' || event === null) continue;
    const users = event.type === 'left' ? [sender_id] : (event.user_ids ?? []);
    for (const userId of event.type === 'created' ? [...users, sender_id] : users) {
      const spans = found.get(`${id} ${userId}`) ?? [];
      const open = spans.at(-1)?.[1] === Infinity ? spans.at(-1) : undefined;
      if ((event.type === 'created' || event.type === 'added') && open === undefined) {
        spans.push([Number(seq), Infinity]);
      }
      if (event.type === 'removed' || event.type === 'left') if (open) open[1] = Number(seq);
      found.set(`${id} ${userId}`, spans);
    }
  }
  return found;
}

/** D9: what was sent to whom was no participant then. */
function sentToOthers(entries: StoredEntry[], { readers, rooms }: Company): string[] {
  const spans = memberships(entries);
  const groups = new Set(rooms.filter(({ type }) => type === 'group').map(({ id }) => id));
  return readers.flatMap(({ person, sent }) =>
    sent
      .filter(({ conversationId, seq }) => {
        if (!groups.has(conversationId)) return false;
        const mine = spans.get(`${conversationId} ${person.id}`) ?? [];
        return !mine.some(([from, to]) => from <= seq && seq <= to);
      })
      .map(({ seq }) => `D9: ${person.username} was sent ${seq}, and was no participant`)
      .slice(0, 3),
  );
}

/** O: what the devices complained of; a jump is legal only to where a membership began. */
function badlyOrdered(entries: StoredEntry[], { readers }: Company): string[] {
  const spans = memberships(entries);
  return readers.flatMap(({ person, device }) => [
    ...device.violations.map((why) => `O: ${person.username}: ${why}`),
    ...device.gaps
      .filter(
        ({ conversationId, to }) =>
          !(spans.get(`${conversationId} ${person.id}`) ?? []).some(([from]) => from === to),
      )
      .map(({ from, to }) => `O: ${person.username} was sent ${to} after ${from}`),
  ]);
}

async function isEverybodyOnline({ people }: Company): Promise<boolean> {
  for (const person of people) {
    for (const other of people) {
      const { body } = await certainly(() =>
        person.on(people.indexOf(other) % 2).call('readUser', { params: { id: other.id } }),
      );
      if (other !== person && body.presence !== null && body.presence.status !== 'online') {
        return false;
      }
    }
  }
  return true;
}

async function isNobodyWaiting({ instance }: Scene, { people }: Company): Promise<boolean> {
  const rows = await instance.sql<{ n: string }>(
    'SELECT count(*) AS n FROM deliveries WHERE user_id = ANY ($1::uuid[])',
    [people.map(({ id }) => id)],
  );
  return Number(rows[0]?.n) === 0;
}
