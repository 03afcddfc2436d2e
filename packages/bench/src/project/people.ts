import { randomUUID } from 'node:crypto';
import type { Project } from './project';

/** A user with a session, created by SQL. */
export interface Person {
  readonly id: string;
  readonly token: string;
}

/** Creates users with a session each in two statements. They have no password and cannot log in. */
export async function addPeople({ pool, sign }: Project, count: number): Promise<Person[]> {
  const users = Array.from({ length: count }, () => randomUUID());
  const sessions = users.map(() => randomUUID());
  await pool.query(
    `INSERT INTO users (id, username, username_key, email, email_key, display_name)
     SELECT id, name, name, name || '@example.org', name || '@example.org', name
     FROM unnest($1::uuid[]) AS u (id), LATERAL (SELECT 'u' || left(replace(id::text, '-', ''), 20)) n (name)`,
    [users],
  );
  await pool.query(
    `INSERT INTO sessions (id, user_id, expires_at)
     SELECT s.id, s.user_id, now() + interval '30 days' FROM unnest($1::uuid[], $2::uuid[]) AS s (id, user_id)`,
    [sessions, users],
  );
  return users.map((id, index) => ({ id, token: sign(id, sessions[index] ?? '') }));
}
