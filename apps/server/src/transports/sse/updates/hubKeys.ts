import { createSecretKey, type KeyObject } from 'node:crypto';
import { parsePublicKey, type Settings } from '@chasqui/settings';

/** A key for tokens of publishers or subscribers, with its only permitted algorithm. */
export interface HubKey {
  readonly key: KeyObject;
  readonly algorithm: 'HS256' | 'RS256' | 'ES256';
}

/** What applications need to publish their own updates, and to receive them. */
export interface HubKeys {
  readonly publisher: HubKey;
  readonly subscriber: HubKey;
  /** Issuer and audience of tokens of Mercure 1.0; without them only tokens of the older dialect are accepted. */
  readonly issued: { readonly issuer: string; readonly audience: string } | undefined;
}

/** Undefined unless a key is configured: then there are no updates, and nothing can be published. */
export function hubKeysOf(settings: Settings): HubKeys | undefined {
  const { MERCURE_PUBLISHER_JWT_KEY, MERCURE_SUBSCRIBER_JWT_KEY } = settings;
  const { MERCURE_JWT_ISSUER: issuer, MERCURE_JWT_AUDIENCE: audience } = settings;
  if (MERCURE_PUBLISHER_JWT_KEY === undefined) return undefined;
  return {
    publisher: keyOf(MERCURE_PUBLISHER_JWT_KEY),
    subscriber: keyOf(MERCURE_SUBSCRIBER_JWT_KEY ?? MERCURE_PUBLISHER_JWT_KEY),
    issued: issuer === undefined || audience === undefined ? undefined : { issuer, audience },
  };
}

function keyOf(text: string): HubKey {
  return (
    parsePublicKey(text) ?? { key: createSecretKey(Buffer.from(text, 'utf8')), algorithm: 'HS256' }
  );
}
