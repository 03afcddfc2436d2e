import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Scope } from '../contest';
import { openFrameSocket } from '../wire/frames';
import { until } from '../load/until';
import { addRestingConversations, lengthenHistory, settleTables } from '../project/fill';
import { addPeople, type Person } from '../project/people';
import { openProject, type Project } from '../project/project';
import { createReceiver } from '../project/receiver';
import { ask, openDirect, openGroup } from '../project/rest';
import { readPlans, type SeenPlan } from './readPlans';

const root = path.resolve(__dirname, '../../../..');
const file = path.join(root, 'docs/performance/plans.md');
const EXPLAIN = [
  "session_preload_libraries = 'auto_explain'",
  'auto_explain.log_min_duration = 0',
  'auto_explain.log_nested_statements = on',
  'auto_explain.log_analyze = on',
  'auto_explain.log_buffers = on',
  'auto_explain.log_timing = off',
];

/**
 * Runs a typical sequence of requests on a large instance, lets PostgreSQL explain every statement, and writes the plans to
 * the docs. Returns a line that says what was written.
 */
export async function writePlans(scope: Scope): Promise<string> {
  const project = await openProject(scope);
  const [ana, ben] = await addPeople(project, 2);
  if (ana === undefined || ben === undefined) throw new Error('too few users');
  const id = await openDirect(project, ana.token, ben.id);
  await addRestingConversations(project.pool, { userId: ana.id, otherId: ben.id, count: 10_000 });
  await lengthenHistory(project.pool, { conversationId: id, senderId: ana.id, count: 100_000 });
  await settleTables(project.pool);
  for (const setting of EXPLAIN) {
    await project.pool.query(
      `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET ${setting.replaceAll("'", "''")}', current_database()); END $$`,
    );
  }
  // The settings apply to new sessions only.
  await project.pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'chasqui-%'`,
  );
  await until('the server is back', async () => {
    const ready = await fetch(`${project.url}/readyz`);
    return ready.ok;
  });
  await typicalRequests(scope, project, { ana, ben, id });
  const seen = readPlans(readFileSync(project.postgresLog, 'utf8')).filter(isOurs);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, documentOf(seen));
  return `Written: ${path.relative(root, file)}, ${seen.length} statements`;
}

/** Live messages, a backlog, acknowledgements, a sync, pages, a change, a status, a group. */
async function typicalRequests(
  scope: Scope,
  project: Project,
  { ana, ben, id }: { ana: Person; ben: Person; id: string },
): Promise<void> {
  const lost = scope.fail;
  const { cursor } = (await ask(project, ben.token, 'GET', '/api/sync')) as { cursor: string };
  const sender = await openFrameSocket({
    ...{ url: project.url, onEvent: () => undefined, lost },
    auth: { token: ana.token, deviceId: 'bench', brief: true, batch: true },
  });
  scope.onClose(() => sender.close());
  let n = 0;
  const send = (): Promise<void> =>
    new Promise((resolve) =>
      sender.request(
        'chat:message_send',
        `{"conversationId":"${id}","contentEncrypted":"hello","clientMessageId":"${n++}"}`,
        () => resolve(),
      ),
    );
  const receive = async (count: number, meanwhile: () => Promise<unknown>): Promise<void> => {
    let arrived = 0;
    const receiver = await createReceiver({
      ...{ url: project.url, token: ben.token, lost },
      arrived: () => void (arrived += 1),
    });
    await meanwhile();
    await until('all have arrived', () => arrived >= count);
    receiver.close();
  };
  await receive(20, () => Promise.all(Array.from({ length: 20 }, send)));
  await Promise.all(Array.from({ length: 50 }, send));
  await receive(50, () => Promise.resolve());
  const message = (await ask(project, ana.token, 'POST', '/api/messages', {
    ...{ conversation_id: id, content_encrypted: 'hello', client_message_id: 'rest' },
  })) as { id: string };
  await ask(project, ben.token, 'POST', `/api/messages/${message.id}/reactions`, { emoji: '👍' });
  await ask(project, ben.token, 'GET', `/api/messages/${id}?limit=50`);
  await ask(project, ana.token, 'GET', `/api/messages/${message.id}/status`);
  await ask(project, ben.token, 'GET', '/api/conversations?limit=20');
  await ask(project, ben.token, 'GET', `/api/sync?cursor=${encodeURIComponent(cursor)}&limit=100`);
  await openGroup(project, ana.token, [ben.id]);
  await receive(1, () => Promise.resolve());
  // The pending flags are cleared a second after the acknowledgements.
  await until('nothing is pending', async () => {
    const { rows } = await project.pool.query(
      'SELECT FROM participants WHERE conversation_id = $1 AND pending',
      [id],
    );
    return rows.length === 0;
  });
}

/** Excludes the benchmark's own statements and PostgreSQL's constraint checks. */
function isOurs({ text, indexes, scanned }: SeenPlan): boolean {
  const tables =
    /\b(FROM|JOIN|INTO|UPDATE)\b/i.test(text) || /append_|advance_|settle_|begin_/.test(text);
  return tables && indexes.length + scanned.length > 0 && !text.startsWith('SELECT 1 FROM ONLY');
}

function documentOf(seen: readonly SeenPlan[]): string {
  const whole = seen.filter(({ scanned }) => scanned.length > 0).length;
  const parts = seen.map(
    ({ text, plan, indexes, pages, times }, i) => `## ${i + 1}. ${titleOf(text)}

Executions: ${times}. Pages: at most ${pages}. Indexes: ${indexes.map((index) => `\`${index}\``).join(', ') || 'none'}.

\`\`\`sql
${text}
\`\`\`

\`\`\`
${plan}
\`\`\`
`,
  );
  return `# Query plans

Written by \`npm run bench -- --plans\`: every statement of a typical sequence of requests, explained by PostgreSQL while
executing it (auto_explain with ANALYZE and BUFFERS, including nested statements of functions). The database holds 10,000
conversations without news and one with 100,000 messages. For each statement the most expensive execution is shown.
${seen.length} statements; ${whole} of them scan a whole table.

${parts.join('\n')}`;
}

function titleOf(text: string): string {
  const line = text.replace(/\s+/g, ' ').slice(0, 90);
  return line.replaceAll('*', '\\*').replaceAll('_', '\\_');
}
