import { APP_PATH } from '../../connections/connectionGate';
import type { Closing } from './wire/closeCodes';

const PROTOCOL_MIN = 5;
const PROTOCOL_MAX = 7;

/**
 * Checks `/app/{key}?protocol=7&client=…&version=…`. Returns why the connection has to be closed; undefined if it may
 * open. Libraries may send further parameters.
 */
export function checkHandshake(url: string, appKey: string): Closing | undefined {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const key = pathname.slice(APP_PATH.length);
  if (key === '' || key.includes('/')) return 'pathNotFound';
  if (key !== appKey) return 'unknownApp';
  const protocol = searchParams.get('protocol') ?? '';
  if (protocol === '') return 'noProtocol';
  if (!/^\d{1,3}$/.test(protocol)) return 'invalidVersion';
  const version = Number(protocol);
  return version < PROTOCOL_MIN || version > PROTOCOL_MAX ? 'unsupportedProtocol' : undefined;
}
