import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from '@chasqui/limits';
import { ForbiddenError, ValidationError } from '@chasqui/protocol';
import type { NewTopicEvent } from '@chasqui/topics';
import { readBytes } from '../../rest/body/readJsonBody';
import { chatTopicOf } from '../../topics/names';
import { HUB_PATH } from '../hub';

const BODY_MAX = 262_144;
const FORM = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
const CONTROL_OR_FORMAT = /[\p{Cc}\p{Cf}]/u;
const DIGITS = /^\d{1,10}$/;

/** Reads an update from a form. Throws ValidationError for a malformed one, ForbiddenError for a topic of the chat. */
export async function readUpdate(
  request: IncomingMessage,
  unread: ByteBudget,
  hubUrl: string,
): Promise<NewTopicEvent> {
  if (!FORM.test(request.headers['content-type'] ?? ''))
    throw new ValidationError('the body must be a form', undefined, 415);
  const form = new URLSearchParams((await readBytes(request, unread, BODY_MAX)).toString('utf8'));
  const topics = form.getAll('topic');
  if (topics.length === 0) throw new ValidationError('topic is missing');
  for (const topic of topics) checkTopic(topic, hubUrl);
  const [id, type, retry] = ['id', 'type', 'retry'].map((name) => form.get(name) ?? '');
  return {
    topics,
    data: form.get('data') ?? '',
    private: form.has('private'),
    id: id === undefined || id === '' ? undefined : checkId(id),
    type: type === undefined || type === '' ? null : checkType(type),
    retry: retry === undefined || retry === '' ? null : checkRetry(retry),
  };
}

function checkTopic(topic: string, hubUrl: string): void {
  if (topic === '' || topic === '*' || CONTROL_OR_FORMAT.test(topic))
    throw new ValidationError('topic must be a text without control characters, and not *');
  if (!URL.canParse(topic, hubUrl)) return;
  const path = decodedPath(new URL(topic, hubUrl).pathname);
  if (path === HUB_PATH || path.startsWith(`${HUB_PATH}/`))
    throw new ValidationError(`topics below ${HUB_PATH} are reserved`);
  if (chatTopicOf(path) !== undefined)
    throw new ForbiddenError('the topics of the chat carry its messages only');
}

/** Without escapes, which would hide a reserved path. */
function decodedPath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function checkId(id: string): string {
  if (id.startsWith('#') || id === 'earliest' || CONTROL_OR_FORMAT.test(id))
    throw new ValidationError(
      'id must not begin with #, be `earliest`, or have control characters',
    );
  return id;
}

function checkType(type: string): string {
  if (type === 'mercure' || CONTROL_OR_FORMAT.test(type))
    throw new ValidationError('type must not be `mercure` or have control characters');
  return type;
}

function checkRetry(retry: string): number {
  if (!DIGITS.test(retry)) throw new ValidationError('retry must be digits');
  return Number(retry);
}
