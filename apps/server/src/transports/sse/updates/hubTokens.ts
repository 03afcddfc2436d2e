import { ChasquiError, UnauthorizedError } from '@chasqui/protocol';
import jwt from 'jsonwebtoken';
import * as z from 'zod';
import { parseSelector, type Selector, type SelectorKind } from '../selectors/selector';
import type { Dialect } from '../subscriptions/subscriptionDocument';
import type { HubKey, HubKeys } from './hubKeys';

/** What a token of an application allows. */
export interface HubGrant {
  publishes(topic: string): boolean;
  /** Whether a private update with these topics may be received. */
  subscribes(topics: readonly string[]): boolean;
  /** What the token says about a subscription with this selector. */
  payloadFor(selector: Selector): unknown;
  /** Milliseconds since 1970; null if the token does not expire. */
  readonly expiresAt: number | null;
  /** The form in which its holder reads about subscriptions. */
  readonly dialect: Dialect;
}

/** For subscribers without a token. */
export const anonymousGrant: HubGrant = {
  publishes: () => false,
  subscribes: () => false,
  payloadFor: () => undefined,
  expiresAt: null,
  dialect: 'older',
};

/** Selectors of one token. */
const SELECTORS_MAX = 1_000;
const TOKEN_MAX = 16_384;
const DETAIL = 'https://mercure.rocks/authorization-detail';

const older = z.object({
  mercure: z.object({
    publish: z.array(z.string()).nullish(),
    subscribe: z.array(z.string()).nullish(),
    payload: z.unknown().optional(),
  }),
  exp: z.number().optional(),
});

const detail = z.object({
  actions: z.array(z.string()).min(1),
  topics: z
    .array(z.object({ match: z.string(), match_type: z.enum(['exact', 'urlpattern']).optional() }))
    .min(1),
  payload: z.record(z.string(), z.unknown()).optional(),
});
const issued = z.object({
  authorization_details: z.array(z.looseObject({ type: z.string() })).optional(),
  exp: z.number(),
});

interface Detail {
  actions: ReadonlySet<string>;
  selectors: readonly Selector[];
  payload: unknown;
}

/** Whether the token claims to be one of an application, and not one of a user of the chat. Nothing is verified yet. */
export function isHubToken(token: string): boolean {
  const payload = token.length <= TOKEN_MAX ? decoded(token)?.payload : undefined;
  return (
    typeof payload === 'object' && ('mercure' in payload || 'authorization_details' in payload)
  );
}

/**
 * Verifies a token for one of the two roles, each of which may have a key of its own. Throws UnauthorizedError unless all
 * of it is valid: acting on the valid part of a token would change what it allows.
 */
export async function verifyHubToken(
  keys: HubKeys,
  role: 'publisher' | 'subscriber',
  token: string,
  hubUrl: string,
): Promise<HubGrant> {
  try {
    if (token.length > TOKEN_MAX) throw new UnauthorizedError();
    const typ = decoded(token)
      ?.header.typ?.toLowerCase()
      .replace(/^application\//, '');
    return typ === 'at+jwt'
      ? await issuedGrant(keys, keys[role], token, hubUrl)
      : await olderGrant(keys[role], token, hubUrl);
  } catch (error) {
    if (error instanceof ChasquiError && error.name === 'UnavailableError') throw error;
    // The reason would only help an attacker.
    throw new UnauthorizedError();
  }
}

async function olderGrant(key: HubKey, token: string, hubUrl: string): Promise<HubGrant> {
  const { mercure, exp } = older.parse(verified(token, key));
  const parse = (texts: readonly string[]): Promise<Selector[]> =>
    parseAll(
      texts.map((text) => ({ kind: 'topic', text })),
      hubUrl,
    );
  return grantOf(
    [
      {
        actions: new Set(['publish']),
        selectors: await parse(mercure.publish ?? []),
        payload: undefined,
      },
      {
        actions: new Set(['subscribe']),
        selectors: await parse(mercure.subscribe ?? []),
        payload: mercure.payload,
      },
    ],
    // The payload belongs to every subscription of the token.
    () => mercure.payload,
    exp,
    'older',
  );
}

async function issuedGrant(
  { issued: expected }: HubKeys,
  key: HubKey,
  token: string,
  hubUrl: string,
): Promise<HubGrant> {
  if (expected === undefined) throw new UnauthorizedError();
  const claims = issued.parse(verified(token, key, expected));
  const details: Detail[] = [];
  for (const one of claims.authorization_details ?? []) {
    if (one.type !== DETAIL) continue;
    const { actions, topics, payload } = detail.parse(one);
    const selectors = await parseAll(
      topics.map(({ match, match_type: kind = 'exact' }) => ({ kind, text: match })),
      hubUrl,
    );
    details.push({ actions: new Set(actions), selectors, payload });
  }
  const payloadFor = (selector: Selector): unknown =>
    details.find((one) => one.actions.has('subscribe') && isAllowed(one, selector.text))?.payload;
  return grantOf(details, payloadFor, claims.exp, '1.0');
}

function grantOf(
  details: readonly Detail[],
  payloadFor: HubGrant['payloadFor'],
  exp: number | undefined,
  dialect: Dialect,
): HubGrant {
  const allows = (action: string, topic: string): boolean =>
    details.some((one) => one.actions.has(action) && isAllowed(one, topic));
  return {
    publishes: (topic) => allows('publish', topic),
    subscribes: (topics) => topics.some((topic) => allows('subscribe', topic)),
    payloadFor,
    expiresAt: exp === undefined ? null : exp * 1_000,
    dialect,
  };
}

const isAllowed = ({ selectors }: Detail, topic: string): boolean =>
  selectors.some((selector) => selector.matches(topic));

async function parseAll(
  entries: readonly { kind: SelectorKind; text: string }[],
  hubUrl: string,
): Promise<Selector[]> {
  if (entries.length > SELECTORS_MAX) throw new UnauthorizedError();
  const selectors: Selector[] = [];
  for (const { kind, text } of entries) selectors.push(await parseSelector(kind, text, hubUrl));
  return selectors;
}

function verified(
  token: string,
  { key, algorithm }: HubKey,
  expected: { issuer?: string; audience?: string } = {},
): unknown {
  // Extensions that change the meaning of a token (RFC 7515, 4.1.11) are not supported.
  if (decoded(token)?.header.crit !== undefined) throw new UnauthorizedError();
  return jwt.verify(token, key, { algorithms: [algorithm], ...expected });
}

function decoded(token: string): jwt.Jwt | null {
  try {
    return jwt.decode(token, { complete: true });
  } catch {
    return null;
  }
}
