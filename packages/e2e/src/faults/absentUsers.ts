import { randomUUID } from 'node:crypto';
import type { Instance } from '@chasqui/testkit';

/** Inserts users who never connect, without the cost of registering each. Returns their ids. */
export async function absentUsers(instance: Instance, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await instance.sql(
    `INSERT INTO users (id, username, username_key, email, email_key, display_name)
     SELECT id, name, name, name || '@example.org', name || '@example.org', name
     FROM (SELECT id, 'user_' || left(id::text, 13) AS name FROM unnest($1::uuid[]) id) named`,
    [ids],
  );
  return ids;
}
