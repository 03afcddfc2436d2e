import { APP_PATH } from '../../connections/connectionGate';
import type { Closing } from './wire/closeCodes';

/** What a client asked for when it connected. */
export interface PusherHandshake {
  /** Why the connection has to be closed; undefined if it may open. */
  readonly closing: Closing | undefined;
  /** The protocol version that the client speaks; 0 if it is not known. */
  readonly protocol: number;
}

const PROTOCOL_MIN = 5;
const PROTOCOL_MAX = 7;

/** Checks `/app/{key}?protocol=7&client=…&version=…`. Libraries may send further parameters. */
export function checkHandshake(url: string, appKey: string): PusherHandshake {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const text = searchParams.get('protocol');
  const protocol = text !== null && /^\d{1,3}$/.test(text) ? Number(text) : 0;
  return { closing: problemOf(pathname, text, protocol, appKey), protocol };
}

function problemOf(
  pathname: string,
  text: string | null,
  protocol: number,
  appKey: string,
): Closing | undefined {
  const key = pathname.slice(APP_PATH.length);
  if (key === '' || key.includes('/')) return 'pathNotFound';
  if (key !== appKey) return 'unknownApp';
  if (text === null || text === '') return 'noProtocol';
  if (!/^\d{1,3}$/.test(text)) return 'invalidVersion';
  return protocol < PROTOCOL_MIN || protocol > PROTOCOL_MAX ? 'unsupportedProtocol' : undefined;
}
