import type { FaultFixture } from '../faults/faultFixture';
import { until } from '@chasqui/testkit';
import type { Scenario } from './scenario';
import { untilDone } from './clients/outcome';
import { fetchSnapshots } from './clients/storyClient';
import { difference } from './clients/snapshot';

/** Time limit for recovery after the last repair. Nothing may be stuck (D5, D11). */
const RECOVERED_WITHIN_MS = 60_000;

interface StoredEntry {
  conversation_id: string;
  seq: string;
  kind: string;
  sender_id: string;
  client_message_id: string | null;
  event: { type: string; user_ids?: string[] } | null;
}

/**
 * Checks a story after all repairs and reconnects: L, D, O, U and S as in a run with faults, D9 for removed
 * people, D10, and that no delivery is pending. Returns the violations as text.
 */
export async function findStoryViolations(
  fixture: FaultFixture,
  scenario: Scenario,
): Promise<string[]> {
  const violations = [...scenario.violations];
  const note = (found: string | undefined): void =>
    void (found !== undefined && violations.push(found));

  note(await inTime('both servers are ready', () => isReady(fixture)));
  note(
    await inTime('every device is connected', () =>
      scenario.clients.every((one) => one.isConnected()),
    ),
  );
  for (const person of scenario.people) {
    let last: string | undefined = 'not compared yet';
    const agrees = async (): Promise<boolean> => {
      const fresh = await fetchSnapshots(person);
      for (const client of scenario.clients) {
        if (client.person !== person) continue;
        last = difference(client.state.snapshot(), fresh);
        if (last !== undefined) return false;
      }
      return true;
    };
    if ((await inTime('devices agree with a fetch', agrees)) === undefined) continue;
    const first = last;
    for (const client of scenario.clients) if (client.person === person) await client.syncByRest();
    const healed = await agrees();
    const how = healed
      ? 'only another sync repaired it'
      : `another sync does not repair it: ${last}`;
    violations.push(
      `S: a device of ${person.username} differs from a fresh fetch: ${first}; ${how}`,
    );
  }

  const entries = await fixture.instance.sql<StoredEntry>(
    `SELECT m.conversation_id, m.seq, m.kind, m.sender_id, m.client_message_id, m.event
     FROM messages m WHERE m.conversation_id = ANY ($1::uuid[]) ORDER BY m.conversation_id, m.seq`,
    [scenario.conversations.map(({ id }) => id)],
  );
  violations.push(...sequenceViolations(entries), ...storageViolations(entries, scenario));
  violations.push(...disclosures(entries, scenario), ...orderViolations(entries, scenario));
  note(await inTime('everybody is online on both nodes', () => isEverybodyOnline(scenario)));
  note(await inTime('no delivery is pending', () => hasNoPendingDelivery(fixture, scenario)));
  const statuses = await fixture.instance.sql<{ user_id: string }>(
    'SELECT user_id FROM participants WHERE read_seq > delivered_seq',
  );
  if (statuses.length > 0)
    violations.push(`S: ${statuses.length} participants have read entries that are not delivered`);
  const metrics = await fixture.instance.sql<{ kind: string; count: string }>(
    `SELECT kind, count FROM findings WHERE source = 'audit' AND count > 0`,
  );
  violations.push(...metrics.map(({ kind, count }) => `the auditor found ${kind} ${count} times`));
  return violations.slice(0, 20);
}

/** Undefined if the fact holds in time, otherwise a violation. */
async function inTime(
  what: string,
  fact: () => boolean | Promise<boolean>,
): Promise<string | undefined> {
  return until(what, fact, RECOVERED_WITHIN_MS).then(
    () => undefined,
    (error: unknown) => {
      const { message, cause } = error instanceof Error ? error : new Error(String(error));
      return `stuck: ${message}${cause instanceof Error ? ` (${cause.message})` : ''}`;
    },
  );
}

async function isReady({ instance }: FaultFixture): Promise<boolean> {
  const answers = await Promise.all(
    instance.nodes.map(async ({ url }) => {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(5_000) });
      return (await response.json()) as { status: string };
    }),
  );
  return answers.every(({ status }) => status === 'ok');
}

function sequenceViolations(entries: StoredEntry[]): string[] {
  const last = new Map<string, number>();
  const violations: string[] = [];
  for (const { conversation_id: id, seq } of entries) {
    if (Number(seq) !== (last.get(id) ?? 0) + 1)
      violations.push(`O: ${id} has a gap before ${seq}`);
    last.set(id, Number(seq));
  }
  return violations;
}

function storageViolations(entries: StoredEntry[], { intents }: Scenario): string[] {
  const stored = new Map<string, number[]>();
  for (const { client_message_id: id, seq } of entries) {
    if (id !== null) stored.set(id, [...(stored.get(id) ?? []), Number(seq)]);
  }
  return intents.flatMap(({ clientMessageId: id, outcome, seq }) => {
    const seqs = stored.get(id) ?? [];
    if (seqs.length > 1) return [`D: ${id} is stored at ${seqs.join(' and ')}`];
    if (outcome !== 'acknowledged' || seqs[0] === seq) return [];
    return [`L: ${id} was acknowledged with seq ${seq}, and is stored at ${seqs[0] ?? 'no seq'}`];
  });
}

/** The spans of seqs during which each user was a member of each conversation. */
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

/** D9: entries sent to a user who was not a participant at that seq. */
function disclosures(entries: StoredEntry[], { clients, conversations }: Scenario): string[] {
  const spans = memberships(entries);
  const groups = new Set(conversations.filter(({ type }) => type === 'group').map(({ id }) => id));
  return clients.flatMap(({ person, sent }) =>
    sent
      .filter(({ conversationId, seq }) => {
        if (!groups.has(conversationId)) return false;
        const mine = spans.get(`${conversationId} ${person.id}`) ?? [];
        return !mine.some(([from, to]) => from <= seq && seq <= to);
      })
      .map(({ seq }) => `D9: ${person.username} was sent ${seq} without being a participant`)
      .slice(0, 3),
  );
}

/** O: violations of the devices, and gaps that do not lead to the start of a membership. */
function orderViolations(entries: StoredEntry[], { clients }: Scenario): string[] {
  const spans = memberships(entries);
  return clients.flatMap(({ person, device }) => [
    ...device.violations.map((why) => `O: ${person.username}: ${why}`),
    ...device.gaps
      .filter(
        ({ conversationId, to }) =>
          !(spans.get(`${conversationId} ${person.id}`) ?? []).some(([from]) => from === to),
      )
      .map(({ from, to }) => `O: ${person.username} was sent ${to} after ${from}`),
  ]);
}

async function isEverybodyOnline({ people }: Scenario): Promise<boolean> {
  for (const person of people) {
    for (const other of people) {
      const { body } = await untilDone(() =>
        person.on(people.indexOf(other) % 2).call('readUser', { params: { id: other.id } }),
      );
      if (other !== person && body.presence !== null && body.presence.status !== 'online') {
        return false;
      }
    }
  }
  return true;
}

async function hasNoPendingDelivery(
  { instance }: FaultFixture,
  { people }: Scenario,
): Promise<boolean> {
  const rows = await instance.sql<{ n: string }>(
    'SELECT count(*) AS n FROM deliveries WHERE user_id = ANY ($1::uuid[])',
    [people.map(({ id }) => id)],
  );
  return Number(rows[0]?.n) === 0;
}
