import { randomUUID } from 'node:crypto';
import pg from 'pg';
import {
  createHttpClient,
  createRestClient,
  type HttpClient,
  type Instance,
  openInstance,
  type PostgresServer,
  startPostgresServer,
  until,
} from '@chasqui/testkit';

// Failed, late and blocked statements are logged, by us and by PostgreSQL. Neither log contains content, e-mail
// addresses or password hashes, even though PostgreSQL logs failed statements by default.

const mark = `SECRET${randomUUID().slice(0, 8)}`;
const password = `${mark} password`;
let postgres: PostgresServer;
let instance: Instance;

beforeAll(async () => {
  postgres = await startPostgresServer();
  const name = new URL(postgres.url).pathname.slice(1);
  await withClient(async (client) => {
    for (const setting of [
      'log_min_error_statement = error',
      'log_error_verbosity = verbose',
      'log_lock_waits = on',
      'deadlock_timeout = 200',
    ]) {
      await client.query(`ALTER DATABASE ${name} SET ${setting}`);
    }
  });
  instance = await openInstance({ databaseUrl: postgres.url, env: { LOG_LEVEL: 'trace' } });
});

afterAll(async () => {
  await instance.close();
  await postgres.close();
});

async function withClient(work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

test('requests that fail, time out or wait for a lock leave no secrets in any log', async () => {
  const http: HttpClient = createHttpClient(instance.url());
  const rest = createRestClient(instance.url());
  const who = {
    username: `u${mark}`,
    email: `${mark}@example.org`,
    password,
    display_name: `${mark} by name`,
  };
  const { body: session } = await rest.call('register', { body: who });
  const token = session.access_token;
  const other = await rest.call('register', {
    body: { username: 'other', email: 'other@example.org', password },
  });
  const made = await rest.call('createGroup', {
    token,
    body: { title: mark, participant_ids: [other.body.user.id] },
  });
  const { id } = made.body;
  const sent = await rest.call('sendMessage', {
    token,
    body: { conversation_id: id, content_encrypted: mark, client_message_id: mark },
  });
  const [stored] = await instance.sql<{ hash: string }>(
    'SELECT password_hash AS hash FROM users WHERE username = $1',
    [who.username],
  );
  const hash = stored?.hash ?? 'none';

  const requests: Parameters<HttpClient>[] = [
    ['POST', '/api/auth/login', { body: { email: who.email, password } }],
    ['POST', '/api/auth/login', { body: { username: who.username, password } }],
    ['POST', '/api/auth/register', { body: { ...who, username: 'another' } }],
    ['POST', '/api/auth/register', { body: { ...who, email: `${mark}2@example.org` } }],
    [
      ...(['POST', '/api/auth/password'] as const),
      { token, body: { current_password: password, new_password: `${mark} new password` } },
    ],
    ['POST', '/api/auth/refresh', { body: { refresh_token: session.refresh_token } }],
    ['GET', `/api/users?query=${mark}`, { token }],
    ['PATCH', `/api/messages/${sent.body.id}`, { token, body: { content_encrypted: `${mark} 2` } }],
    ['POST', `/api/messages/${sent.body.id}/reactions`, { token, body: { emoji: '👍' } }],
    ['PATCH', `/api/conversations/${id}`, { token, body: { title: `${mark} 2` } }],
    [
      ...(['POST', '/api/messages'] as const),
      { token, body: { conversation_id: id, content_encrypted: `${mark} late` } },
    ],
    [
      ...(['POST', '/api/conversations/group'] as const),
      { token, body: { title: `${mark} 3`, participant_ids: [] } },
    ],
  ];
  const askAll = (): Promise<number[]> =>
    Promise.all(requests.map(async (request) => (await http(...request)).status));

  // Once with every table locked, once with the user's row locked, once without locks.
  const locks = [
    'LOCK TABLE users, sessions, conversations, messages, participants IN ACCESS EXCLUSIVE MODE',
    'SELECT FROM users FOR UPDATE',
  ];
  for (const lock of locks) {
    await withClient(async (client) => {
      await client.query('BEGIN');
      await client.query(lock);
      expect(await askAll()).toContain(503);
      await client.query('ROLLBACK');
    });
  }
  await askAll();
  await until('all blocked statements have ended', async () => {
    const [row] = await instance.sql<{ count: string }>(
      "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND wait_event_type = 'Lock'",
    );
    return row?.count === '0';
  });

  const log = postgres.log();
  // It did log the statements that failed.
  expect(log).toMatch(/canceling statement due to lock timeout/);
  expect(log).toMatch(/STATEMENT: /);
  const logs = [log, ...[...instance.nodes, instance.worker()].map((one) => one.program.output())];
  const secrets = [mark, mark.toLowerCase(), hash, token, session.refresh_token];
  for (const text of logs) {
    const lines = text
      .split('\n')
      .filter((line) => secrets.some((secret) => line.includes(secret)));
    expect(lines).toEqual([]);
  }
});
