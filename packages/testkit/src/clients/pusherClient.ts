import Pusher, { type Channel } from 'pusher-js';
import { until } from '../tools/until';

/** What a handler of the client was called with. */
export interface PusherEvent {
  readonly channel: string;
  readonly event: string;
  readonly data: unknown;
}

/** An unmodified pusher-js that records every event of its channels. */
export interface PusherClient {
  readonly pusher: Pusher;
  /** Every event of every channel, in the order of the handlers' calls. */
  readonly events: readonly PusherEvent[];
  /** Errors of the connection, such as close codes. */
  readonly errors: readonly unknown[];
  /** Subscribes and records the channel's events. */
  subscribe(name: string): Channel;
  /** The same; resolves when the server has confirmed it. */
  subscribed(name: string): Promise<Channel>;
  /** Data of all events of this name so far, on one channel or on all. */
  all(event: string, channel?: string): unknown[];
  close(): void;
}

export interface PusherClientOptions {
  /** An access token, or where to get the current one. */
  token?: string | (() => string);
  key?: string;
  /** Called before each authorization, for fields such as `since`. */
  params?: () => Record<string, string | number>;
  /** The authorization endpoint, as a path or on another node; the stock one by default. */
  endpoint?: string;
  /** Milliseconds after which a silent connection is checked, and how long the check waits; as the server says by default. */
  activityTimeout?: number;
  pongTimeout?: number;
  /** Signs instead of the endpoints: the application's own server. */
  application?: {
    channel(socketId: string, name: string): { auth: string; channel_data?: string };
    user?(socketId: string): { auth: string; user_data: string };
  };
}

export function openPusher(
  url: string,
  {
    token = '',
    key = 'chasqui',
    params = () => ({}),
    endpoint = '/pusher/auth',
    application,
    ...timeouts
  }: PusherClientOptions = {},
): PusherClient {
  const { hostname, port } = new URL(url);
  const headersProvider = () => ({
    Authorization: `Bearer ${typeof token === 'string' ? token : token()}`,
  });
  const pusher = new Pusher(key, {
    ...{ cluster: '', wsHost: hostname, wsPort: Number(port), forceTLS: false },
    enabledTransports: ['ws'],
    ...timeouts,
    channelAuthorization:
      application === undefined
        ? {
            transport: 'ajax',
            endpoint: new URL(endpoint, url).href,
            headersProvider,
            paramsProvider: params,
          }
        : {
            customHandler: ({ socketId, channelName }, answer) =>
              answer(null, application.channel(socketId, channelName)),
          },
    userAuthentication:
      application?.user === undefined
        ? { transport: 'ajax', endpoint: `${url}/pusher/user-auth`, headersProvider }
        : {
            customHandler: ({ socketId }, answer) =>
              answer(null, application.user?.(socketId) ?? null),
          },
  });
  const events: PusherEvent[] = [];
  const errors: unknown[] = [];
  pusher.connection.bind('error', (error: unknown) => errors.push(error));

  function subscribe(name: string): Channel {
    const known = pusher.channel(name) as Channel | undefined;
    const channel = pusher.subscribe(name);
    if (known !== channel) {
      channel.bind_global((event: string, data: unknown) =>
        events.push({ channel: name, event, data }),
      );
    }
    return channel;
  }

  return {
    ...{ pusher, events, errors, subscribe },
    async subscribed(name) {
      const channel = subscribe(name);
      await until(`${name} is subscribed`, () => channel.subscribed);
      return channel;
    },
    all: (event, channel) =>
      events
        .filter((one) => one.event === event && (channel === undefined || one.channel === channel))
        .map(({ data }) => data),
    close: () => pusher.disconnect(),
  };
}
