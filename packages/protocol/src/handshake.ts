import { UnauthorizedError, ValidationError } from './errors/errors';
import { DEVICE_ID_MAX, TOKEN_MAX } from './limits';
import { idTextProblem } from './text/textRules';

/** The `auth` object of a connecting client: `io(url, {auth: {token, deviceId?, batch?, brief?, protocol?}})`. */
export interface HandshakeAuth {
  token?: string | undefined;
  deviceId?: string | undefined;
  batch?: boolean | undefined;
  brief?: boolean | undefined;
  protocol?: number | undefined;
}

export interface Handshake {
  readonly token: string;
  /** If undefined, the token's session is the device. */
  readonly deviceId: string | undefined;
  /** The client accepts several entries in one `chat:messages_received`. */
  readonly batch: boolean;
  /** The answer to a send is a BriefMessage. */
  readonly brief: boolean;
  /** The protocol number that the client was written for, if given. */
  readonly protocol: number | undefined;
}

/**
 * Parses the `auth` of a handshake and, for clients that cannot set it, the Authorization header. Unknown and malformed
 * fields are ignored, so that older and newer clients can connect. A missing token throws UnauthorizedError. An invalid
 * device id throws ValidationError, because replacing it would start another backlog.
 */
export function parseHandshake(auth: unknown, authorization?: string): Handshake {
  const fields: Record<string, unknown> = isRecord(auth) ? auth : {};
  const protocol = fields.protocol;
  return {
    token: tokenOf(fields.token) ?? bearerToken(authorization),
    deviceId: parseDeviceId(fields.deviceId),
    batch: fields.batch === true,
    brief: fields.brief === true,
    protocol: Number.isSafeInteger(protocol) ? Number(protocol) : undefined,
  };
}

/** The token of an `Authorization: Bearer` header; throws UnauthorizedError if there is none. */
export function bearerToken(authorization: string | undefined): string {
  const token = /^Bearer +([^ ]+) *$/i.exec(authorization ?? '')?.[1];
  if (token === undefined || token.length > TOKEN_MAX) throw new UnauthorizedError();
  return token;
}

function tokenOf(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (typeof value !== 'string' || value.length > TOKEN_MAX) throw new UnauthorizedError();
  return value;
}

/** A device id that a client chose; undefined if it named none. Throws ValidationError if it is invalid. */
export function parseDeviceId(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const problem =
    typeof value === 'string' ? idTextProblem(value, DEVICE_ID_MAX) : 'must be a text';
  if (problem !== undefined || typeof value !== 'string') {
    throw new ValidationError(`deviceId ${problem}`, [{ path: 'deviceId', message: `${problem}` }]);
  }
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
