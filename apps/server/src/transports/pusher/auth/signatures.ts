import { createHmac, timingSafeEqual } from 'node:crypto';

/** A key that signs; of several accepted ones the first does. */
type Secrets = readonly (string | Buffer)[];

/** The signatures of one app: `key:hmac`, over text that includes the socket, so each is good for one connection. */
export interface Signatures {
  /** `auth` for a channel, over its signed data if there are any. */
  ofChannel(socketId: string, channel: string, channelData?: string): string;
  /** `auth` for a sign-in. */
  ofUser(socketId: string, userData: string): string;
  verifiesChannel(auth: string, socketId: string, channel: string, channelData?: string): boolean;
  verifiesUser(auth: string, socketId: string, userData: string): boolean;
}

export function createSignatures(key: string, secrets: Secrets): Signatures {
  const [first] = secrets;
  if (first === undefined) throw new Error('signatures need a secret');
  const sign = (text: string, secret: string | Buffer = first): string =>
    `${key}:${createHmac('sha256', secret).update(text).digest('hex')}`;
  const verifies = (auth: string, text: string): boolean =>
    secrets.some((secret) => isSame(auth, sign(text, secret)));
  return {
    ofChannel: (...parts) => sign(channelText(...parts)),
    ofUser: (...parts) => sign(userText(...parts)),
    verifiesChannel: (auth, ...parts) => verifies(auth, channelText(...parts)),
    verifiesUser: (auth, ...parts) => verifies(auth, userText(...parts)),
  };
}

function channelText(socketId: string, channel: string, channelData?: string): string {
  return [socketId, channel, ...(channelData === undefined ? [] : [channelData])].join(':');
}

const userText = (socketId: string, userData: string): string => `${socketId}::user::${userData}`;

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
