import { randomUUID } from 'node:crypto';
import { connectDatabase, type Database } from '@chasqui/db';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import jwt from 'jsonwebtoken';
import { startNode, type Node } from '../startNode';

export const issuer = 'https://app.example';
const audience = 'chat';
/** Shared by the issuer and the servers. */
export const secret = 'a secret that the app and the chat share';
/** Signs the servers' own tokens. */
export const ownSecret = 'a secret of at least thirty-two characters';

/** Valid claims of a new subject. */
export const claims = (more: object = {}) => ({
  ...{ iss: issuer, aud: audience, sub: randomUUID(), jti: randomUUID() },
  ...{ exp: Math.floor(Date.now() / 1000) + 600, ...more },
});

/** A token of the issuer. */
export const sign = (more: object = {}) => jwt.sign(claims(more), secret);

export interface ExternalFixture {
  readonly db: Database;
  /** Base URL of a server. */
  url(node: number): string;
  http(node: number): ReturnType<ServerFixture<Node>['httpOf']>;
  /** Asks for the profile of a token's user. */
  me(token: string, node?: number): ReturnType<ReturnType<ExternalFixture['http']>>;
  countUsers(): Promise<number>;
  /** Starts a server with other settings; returns its number. */
  open(env: Record<string, string>): Promise<number>;
  close(): Promise<void>;
}

/** Servers that accept tokens of an external issuer: `count` of them with the shared secret. */
export async function openExternalFixture(count: number): Promise<ExternalFixture> {
  const fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  const db = connectDatabase({ url: fixture.database.url });
  const nodes: Node[] = [];
  const http = (node: number) => fixture.httpOf(nodes[node]);

  async function open(env: Record<string, string>): Promise<number> {
    const node = await fixture.open({
      ...{ JWT_SECRET: ownSecret, RATE_LIMIT: 'off' },
      ...{ EXTERNAL_ISSUER: issuer, EXTERNAL_AUDIENCE: audience },
      ...env,
    });
    return nodes.push(node) - 1;
  }

  await Promise.all(Array.from({ length: count }, () => open({ EXTERNAL_SECRET: secret })));
  return {
    ...{ db, http, open },
    url: (node) => fixture.urlOf(nodes[node]),
    me: (token, node = 0) => http(node)('GET', '/api/users/me', { token }),
    countUsers: async () => Number((await db.query('', 'SELECT count(*) FROM users', []))[0]?.[0]),
    async close() {
      await db.close();
      await fixture.close();
    },
  };
}
