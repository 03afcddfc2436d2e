import type { Clock } from '@chasqui/foundation';
import type { SecurityLog } from '@chasqui/identity';
import {
  type ChasquiError,
  ForbiddenError,
  NotFoundError,
  UnauthorizedError,
  UnavailableError,
} from '@chasqui/protocol';
import type { ErrorReporter } from '../../../observability/errorReporter';
import { countRefusal } from '../../../observability/refusals';
import { type ChatGrant, parseChannelData } from '../auth/chatGrant';
import type { Signatures } from '../auth/signatures';
import { type ChannelKind, parseChannelName } from '../channels/channelName';
import type { ChatChannels } from '../channels/chatChannels';
import type { GenericChannels, Subscriber } from '../generic/genericChannels';
import { errorFrame, subscriptionError } from '../wire/protocolFrames';
import type { SignIn } from './signIn';

/** Subscribes one connection to channels of every kind that it is authorized for. */
export interface Subscriptions {
  subscribe(fields: Readonly<Record<string, unknown>>): void;
  unsubscribe(fields: Readonly<Record<string, unknown>>): void;
  /** The kind of a channel that the connection is subscribed to. */
  kindOf(name: string): ChannelKind | undefined;
  /** Channels that are subscribed or about to be. */
  size(): number;
  end(): void;
}

interface Deps {
  subscriber: Subscriber;
  /** Signed by this server: channels of the chat. */
  chat: Signatures;
  /** Signed by the application; undefined if none is configured. */
  application: Signatures | undefined;
  chatChannels: ChatChannels;
  generic: GenericChannels | undefined;
  signIn: Pick<SignIn, 'grant' | 'userId'>;
  clock: Clock;
  failed: ErrorReporter;
  securityLog: Pick<SecurityLog, 'count'>;
}

/** Channels of one connection. A user with more conversations subscribes to `private-user-{id}`. */
const CHANNELS_MAX = 2_000;
/** Pause between attempts while PostgreSQL does not answer (D11). */
const RETRY_MS = 1_000;

export function createSubscriptions(deps: Deps): Subscriptions {
  const { subscriber, chatChannels, generic, clock } = deps;
  const channels = new Map<string, ChannelKind>();

  /** Users whom the application signed in have a channel that it publishes to. */
  function kindOfChannel(name: string): ChannelKind | undefined {
    const kind = parseChannelName(name);
    const isOfApplication =
      kind?.kind === 'user' &&
      kind.signedIn &&
      deps.signIn.grant() === undefined &&
      deps.signIn.userId() === kind.userId;
    return isOfApplication ? { kind: 'generic', access: 'public', cached: false } : kind;
  }

  const isCurrent = (name: string, kind: ChannelKind): boolean => channels.get(name) === kind;

  async function open(name: string, kind: ChannelKind, auth: string, data: string | undefined) {
    if (kind.kind === 'generic') await openGeneric(name, kind, auth, data);
    else await chatChannels.subscribe(chatRequest(name, kind, auth, data));
  }

  function chatRequest(
    name: string,
    kind: Exclude<ChannelKind, { kind: 'generic' }>,
    auth: string,
    data: string | undefined,
  ) {
    const grant =
      kind.kind === 'user' && kind.signedIn ? deps.signIn.grant() : verify(name, auth, data);
    if (grant === undefined) throw new ForbiddenError('the connection has not signed in');
    if (kind.kind === 'conversation') return { name, ...kind, grant };
    // A signature names its channel, but the channel has to be that of the user, too.
    if (kind.userId !== grant.userId)
      throw new ForbiddenError('this is the channel of another user');
    return { name, conversationId: null, presence: false, grant };
  }

  /** Throws UnauthorizedError unless this server signed the channel for this connection, with a token that is still valid. */
  function verify(name: string, auth: string, data: string | undefined): ChatGrant {
    const isSigned =
      data !== undefined && deps.chat.verifiesChannel(auth, subscriber.socketId, name, data);
    const grant = isSigned ? parseChannelData(data) : undefined;
    if (grant === undefined || grant.expiresAt <= clock.now()) throw new UnauthorizedError();
    return grant;
  }

  async function openGeneric(
    name: string,
    kind: Extract<ChannelKind, { kind: 'generic' }>,
    auth: string,
    channelData: string | undefined,
  ): Promise<void> {
    const { application } = deps;
    if (generic === undefined || application === undefined)
      throw new NotFoundError('this server has no channels but those of the chat');
    const isSigned =
      kind.access === 'public' ||
      application.verifiesChannel(auth, subscriber.socketId, name, channelData);
    if (!isSigned) throw new UnauthorizedError('the signature of the channel is invalid');
    await generic.log.started;
    if (!isCurrent(name, kind)) return;
    const userId = deps.signIn.userId();
    generic.subscribe(subscriber, { name, kind, channelData, userId });
  }

  /** While PostgreSQL does not answer, the subscription stays pending: clients do not retry one that failed. */
  async function openWhenAvailable(
    name: string,
    kind: ChannelKind,
    auth: string,
    data: string | undefined,
  ): Promise<void> {
    while (isCurrent(name, kind)) {
      try {
        await open(name, kind, auth, data);
        return;
      } catch (thrown) {
        const error = deps.failed(thrown, { channel: kind.kind });
        if (!(error instanceof UnavailableError)) throw error;
        await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS));
      }
    }
  }

  function refuse(name: string, kind: ChannelKind, thrown: unknown): void {
    const error = deps.failed(thrown, { channel: kind.kind });
    const userId = deps.signIn.userId() ?? 'anonymous';
    countRefusal(deps.securityLog, { userId, action: 'pusher:subscribe' }, error);
    if (!isCurrent(name, kind)) return;
    channels.delete(name);
    subscriber.write(subscriptionError(name, describe(error)));
  }

  return {
    subscribe({ channel: name, auth, channel_data: channelData }) {
      if (typeof name !== 'string') {
        subscriber.write(errorFrame(null, 'pusher:subscribe needs a channel'));
        return;
      }
      const kind = kindOfChannel(name);
      if (kind === undefined) {
        subscriber.write(errorFrame(null, 'the name of the channel is malformed'));
        return;
      }
      if (channels.has(name)) {
        subscriber.write(errorFrame(null, `Existing subscription to channel ${name}`));
        return;
      }
      if (channels.size >= CHANNELS_MAX) {
        const error = `a connection has at most ${CHANNELS_MAX} channels`;
        subscriber.write(subscriptionError(name, { type: 'LimitReached', error, status: 429 }));
        return;
      }
      channels.set(name, kind);
      const signature = typeof auth === 'string' ? auth : '';
      const data = typeof channelData === 'string' ? channelData : undefined;
      openWhenAvailable(name, kind, signature, data).catch((error: unknown) =>
        refuse(name, kind, error),
      );
    },
    unsubscribe({ channel: name }) {
      const kind = typeof name === 'string' ? channels.get(name) : undefined;
      if (typeof name !== 'string' || kind === undefined) return;
      channels.delete(name);
      if (kind.kind === 'generic') generic?.unsubscribe(subscriber, name);
      else chatChannels.unsubscribe(name);
    },
    kindOf: (name) => channels.get(name),
    size: () => channels.size,
    end() {
      for (const [name, { kind }] of channels) {
        if (kind === 'generic') generic?.leave(subscriber, name);
      }
      channels.clear();
    },
  };
}

/** A conversation that does not exist is refused like one of other people (D9). */
function describe(error: ChasquiError): { type: string; error: string; status: number } {
  if (error instanceof NotFoundError)
    return { type: 'AuthError', error: error.message, status: 403 };
  const isRefusal = error.status === 401 || error.status === 403;
  return { type: isRefusal ? 'AuthError' : error.name, error: error.message, status: error.status };
}
