import { createHmac, randomUUID } from 'node:crypto';

export type Sign = (userId: string, sessionId: string) => string;

/** Signs access tokens without a login: hashing 5,000 passwords would take longer than the row. */
export function signerOf(secret: string): Sign {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const head = part({ alg: 'HS256', typ: 'JWT' });
  return (userId, sessionId) => {
    const now = Math.floor(Date.now() / 1000);
    const body = part({
      ...{ typ: 'access', sub: userId, sid: sessionId, jti: randomUUID() },
      ...{ iss: 'chasqui', aud: 'chasqui-api', iat: now, exp: now + 86_400 },
    });
    const signature = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url');
    return `${head}.${body}.${signature}`;
  };
}
