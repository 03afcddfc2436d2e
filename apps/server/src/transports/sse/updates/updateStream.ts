import type { ServerResponse } from 'node:http';
import type { Clock, Log } from '@chasqui/foundation';
import type { Place, TopicEvent, TopicLog } from '@chasqui/topics';
import { decodePosition } from '../position/streamPosition';
import type { Selector } from '../selectors/selector';
import { encodeBlock, encodeRetry } from '../stream/eventStream';
import { limitLifetime } from '../stream/lifetime';
import type { StreamLimits } from '../stream/streamLimits';
import { createStreamTransport } from '../stream/streamTransport';
import type { HubGrant } from './hubTokens';
import type { ActiveSubscriptions } from '../subscriptions/activeSubscriptions';
import { updateFilter } from './updateFilter';

export interface UpdateStreamDeps {
  updates: Pick<TopicLog, 'subscribe'>;
  active: Pick<ActiveSubscriptions, 'begin'> | undefined;
  limits: StreamLimits;
  clock: Clock;
  log: Log;
}

export interface UpdateStreamRequest {
  selectors: readonly Selector[];
  grant: HubGrant;
  lastEventId: string | undefined;
  response: ServerResponse;
  /** Called when the start is known, before the first update. */
  onStarted: (isResumed: boolean) => void;
}

/** A stream of updates, without anything of the chat. */
export function openUpdateStream(
  { updates, active, limits, clock, log }: UpdateStreamDeps,
  { selectors, grant, lastEventId, response, onStarted }: UpdateStreamRequest,
): void {
  const closings: (() => void)[] = [];
  const transport = createStreamTransport({
    ...{ response, log },
    encode: () => undefined,
    onSent: () => undefined,
    onClose: () => closings.forEach((closing) => closing()),
  });
  const after = placeOf(lastEventId);
  const subscription = updates.subscribe(
    { after, matches: updateFilter(selectors, grant) },
    {
      send: (update) => transport.write(encodeUpdate(update)),
      // Nothing was asked of the client that it could repeat: it sees the gap in what it receives.
      lost: () => log.info({ connection: transport.id }, 'updates were lost to a slow stream'),
      writable: () => transport.writable(),
      whenWritable: (callback) => transport.whenWritable(callback),
    },
  );
  closings.push(
    () => subscription.close(),
    limitLifetime({ ...{ transport, limits, clock }, expiresAt: grant.expiresAt, write }),
  );
  void subscription.started.then(({ lost }) => {
    onStarted(after !== 'earliest' && !lost);
    transport.write(encodeRetry(limits.retryMs));
    // Its own announcement is the first that it can receive.
    if (active !== undefined && !transport.isClosed) closings.push(active.begin(selectors, grant));
  });

  function write(event: string, data: object): void {
    transport.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }
}

function placeOf(lastEventId: string | undefined): Place | undefined {
  if (lastEventId === undefined || lastEventId === 'earliest') return lastEventId;
  // The client has followed the chat as well.
  const seq = decodePosition(lastEventId)?.updatesSeq;
  return seq === undefined ? { id: lastEventId } : { seq };
}

/** Encoded once for all streams of updates. */
const encoded = new WeakMap<TopicEvent, string>();

function encodeUpdate(update: TopicEvent): string {
  let text = encoded.get(update);
  if (text === undefined) {
    text = encodeWithId(update, update.id);
    encoded.set(update, text);
  }
  return text;
}

export const encodeWithId = ({ type, data, retry }: TopicEvent, id: string): string =>
  encodeBlock({ id, event: type ?? undefined, data, retry: retry ?? undefined });
