import jwt from 'jsonwebtoken';
import { type EventStream, until } from '@chasqui/testkit';
import type { Node } from '../startNode';
import { dataOf, openStreamFixture, type StreamFixture } from './streamFixture';

const publisherKey = 'the key of publishers, for tests';
const subscriberKey = 'the key of subscribers, for tests';
const audience = 'https://hub.example/.well-known/mercure';

/** The issuer of tokens of Mercure 1.0, and an origin whose pages may publish. */
export const APPLICATION = 'https://app.example';

export interface Answer {
  status: number;
  text: string;
  headers: Headers;
}

export type Fields = [name: string, value: string][];

/** Two servers that carry updates of applications: the first allows subscribers without a token. */
export interface HubFixture extends StreamFixture {
  readonly withoutAnonymous: Node;
  /** Publishes an update; with `null` instead of a token, only `headers` are sent. */
  publish(fields: Fields, token?: string | null, headers?: Record<string, string>): Promise<Answer>;
  /** Publishes in public what the stream receives after everything before it. */
  barrier(stream: EventStream, topic: string): Promise<void>;
}

export async function openHubFixture(): Promise<HubFixture> {
  const streams = await openStreamFixture();
  const keys = {
    ...{ MERCURE_PUBLISHER_JWT_KEY: publisherKey, MERCURE_SUBSCRIBER_JWT_KEY: subscriberKey },
    ...{ MERCURE_JWT_ISSUER: APPLICATION, MERCURE_JWT_AUDIENCE: audience },
    ...{ CORS_ORIGINS: APPLICATION, MERCURE_SUBSCRIPTIONS: 'on' },
  };
  await streams.open({ ...keys, MERCURE_ANONYMOUS: 'on' });
  const fixture: HubFixture = {
    ...streams,
    withoutAnonymous: await streams.open(keys),
    async publish(fields, token = publisherToken(), headers = {}) {
      const response = await fetch(`${streams.urlOf()}/.well-known/mercure`, {
        method: 'POST',
        body: new URLSearchParams(fields),
        headers: { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...headers },
      });
      const { status } = response;
      return { status, text: await response.text(), headers: response.headers };
    },
    async barrier(stream, topic) {
      await fixture.publish([
        ['topic', topic],
        ['data', 'the end'],
      ]);
      await until('the end arrives', () => dataOf(stream).includes('the end'));
    },
  };
  return fixture;
}

let topics = 0;
export const newTopic = (): string => `https://example.com/books/${(topics += 1)}`;

export const publisherToken = (publish: string[] | undefined = ['*']): string =>
  jwt.sign({ mercure: { publish } }, publisherKey);

export const subscriberToken = (subscribe: string[], more: object = {}): string =>
  jwt.sign({ mercure: { subscribe }, ...more }, subscriberKey);

/** A token of Mercure 1.0, of one of the two roles. */
export function issuedToken(
  role: 'publisher' | 'subscriber',
  actions: unknown[],
  matchers: object[],
  more: object = {},
): string {
  const type = 'https://mercure.rocks/authorization-detail';
  const exp = Math.floor(Date.now() / 1_000) + 600;
  const claims = { iss: APPLICATION, aud: audience, exp };
  const details = [{ type, actions, topics: matchers }];
  const text = JSON.stringify({ ...claims, authorization_details: details, ...more });
  const key = role === 'publisher' ? publisherKey : subscriberKey;
  return jwt.sign(text, key, { header: { alg: 'HS256', typ: 'at+jwt' } });
}
