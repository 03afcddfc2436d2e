import { ForbiddenError, ValidationError } from '@chasqui/protocol';
import * as z from 'zod';
import { parseChannelName } from '../channels/channelName';
import { EVENT_NAME_MAX } from '../wire/clientFrame';

/** An event that the application publishes to one channel. */
export interface PublishedEvent {
  readonly channel: string;
  readonly name: string;
  readonly data: string;
  readonly except: string | undefined;
  /** The attributes to return for the channel; undefined if the request names none. */
  readonly info: readonly string[] | undefined;
}

/** As on Pusher Channels. */
const CHANNELS_MAX = 100;
const BATCH_MAX = 10;
const DATA_MAX_BYTES = 10_240;

const info = z
  .string()
  .transform((text) => text.split(',').filter((one) => one !== ''))
  .optional();
const event = {
  name: z.string().min(1).max(EVENT_NAME_MAX),
  // Libraries send a string; anything else is sent as its JSON.
  data: z
    .unknown()
    .transform((value) => (typeof value === 'string' ? value : JSON.stringify(value))),
  socket_id: z.string().nullish(),
  info,
};
const eventSchema = z.object({
  ...event,
  channel: z.string().optional(),
  channels: z.array(z.string()).min(1).max(CHANNELS_MAX).optional(),
});
const batchSchema = z.object({
  batch: z
    .array(z.object({ ...event, channel: z.string() }))
    .min(1)
    .max(BATCH_MAX),
});

/** The events of `POST /events`: one per channel. Throws ValidationError, with 413 for too much data. */
export function parseEvent(body: unknown): PublishedEvent[] {
  const {
    channel,
    channels = channel === undefined ? [] : [channel],
    ...rest
  } = parse(eventSchema, body);
  if (channels.length === 0) throw new ValidationError('channels is missing');
  if (channels.length > 1 && channels.some((name) => name.startsWith('private-encrypted-')))
    throw new ValidationError('an event for an encrypted channel is for that channel only');
  return [...new Set(channels)].map((name) => toEvent({ ...rest, channel: name }));
}

/** The events of `POST /batch_events`. */
export function parseBatch(body: unknown): PublishedEvent[] {
  return parse(batchSchema, body).batch.map(toEvent);
}

function toEvent({
  channel,
  name,
  data,
  socket_id,
  info: attributes,
}: z.output<typeof batchSchema>['batch'][number]): PublishedEvent {
  const kind = parseChannelName(channel);
  if (kind === undefined) throw new ValidationError('the name of a channel is malformed');
  const isOfApplication = kind.kind === 'generic' || (kind.kind === 'user' && kind.signedIn);
  if (!isOfApplication) throw new ForbiddenError('this channel belongs to the chat');
  if (/^pusher(?:_internal)?:/.test(name))
    throw new ValidationError('names of events that begin with pusher: are reserved');
  if (Buffer.byteLength(data ?? '') > DATA_MAX_BYTES)
    throw new ValidationError(`data has at most ${DATA_MAX_BYTES} bytes`, undefined, 413);
  return { channel, name, data: data ?? '', except: socket_id ?? undefined, info: attributes };
}

function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const { data, error } = schema.safeParse(body);
  if (data === undefined) {
    const [issue] = error?.issues ?? [];
    const path = issue?.path.join('.') ?? '';
    throw new ValidationError(`${path === '' ? 'the body' : path} is malformed`);
  }
  return data;
}
