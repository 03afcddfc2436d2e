import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from '@chasqui/limits';
import { parseDeviceId, ValidationError } from '@chasqui/protocol';
import { readBytes, readJsonBody } from '../../rest/body/readJsonBody';

/** What a client asks to have signed. Stock clients send a form, custom authorizers often JSON. */
export interface AuthForm {
  readonly socketId: string;
  /** Undefined for a sign-in. */
  readonly channelName: string | undefined;
  readonly deviceId: string | undefined;
  /** The seq that the client has of a conversation: `since`, or `since[conversation id]` for one of several. */
  sinceOf(conversationId: string): number | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

const SOCKET_ID = /^\d{1,20}\.\d{1,20}$/;

/** Throws ValidationError for a malformed body. */
export async function readAuthForm(
  request: IncomingMessage,
  unread: ByteBudget,
): Promise<AuthForm> {
  const fields = isForm(request)
    ? await readForm(request, unread)
    : await readJson(request, unread);
  const socketId = fields.socket_id;
  if (typeof socketId !== 'string' || !SOCKET_ID.test(socketId))
    throw invalid('socket_id', 'must be the socket id of a connection');
  const channelName = fields.channel_name;
  if (channelName !== undefined && typeof channelName !== 'string')
    throw invalid('channel_name', 'must be a text');
  return {
    ...{ socketId, channelName, deviceId: parseDeviceId(fields.device_id) },
    sinceOf: (conversationId) => seqOf(fields[`since[${conversationId}]`] ?? fields.since),
  };
}

function isForm({ headers }: IncomingMessage): boolean {
  return /^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(headers['content-type'] ?? '');
}

async function readForm(request: IncomingMessage, unread: ByteBudget): Promise<Fields> {
  const text = (await readBytes(request, unread)).toString('utf8');
  return Object.fromEntries(new URLSearchParams(text));
}

async function readJson(request: IncomingMessage, unread: ByteBudget): Promise<Fields> {
  const body = await readJsonBody(request, unread);
  if (typeof body !== 'object' || body === null) throw invalid('socket_id', 'is missing');
  return { ...body };
}

function seqOf(value: unknown): number | undefined {
  if (value === undefined || value === '') return undefined;
  const seq = typeof value === 'string' ? Number(value) : value;
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0)
    throw invalid('since', 'must be the seq of an entry');
  return seq;
}

function invalid(path: string, message: string): ValidationError {
  return new ValidationError(`${path} ${message}`, [{ path, message }]);
}
