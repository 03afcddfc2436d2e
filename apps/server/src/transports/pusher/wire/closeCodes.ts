/**
 * Why the server closes a Pusher connection. The range tells the client what to do: 4000 to 4099 do not come back,
 * 4100 to 4199 come back after a second, 4200 to 4299 come back at once.
 */
export const closeCodes = {
  unknownApp: [4001, 'there is no app with this key'],
  pathNotFound: [4005, 'the path must be /app/{key}'],
  invalidVersion: [4006, 'the query parameter protocol must be a number'],
  unsupportedProtocol: [4007, 'the server speaks protocol 5 to 7'],
  noProtocol: [4008, 'the query parameter protocol is missing'],
  foreignOrigin: [4009, 'pages of this origin may not connect'],
  sessionEnded: [4009, 'the session ended'],
  terminated: [4009, 'the connections of the user were terminated'],
  overCapacity: [4100, 'too many connections'],
  unavailable: [4100, 'the server cannot authorize channels at the moment'],
  reconnect: [4200, 'reconnect'],
  tokenExpired: [4200, 'the access token expired: authorize the channels again'],
  noPong: [4201, 'there was no pong in time'],
  inactive: [4202, 'no channel was subscribed in time'],
} as const satisfies Readonly<Record<string, readonly [code: number, reason: string]>>;

export type Closing = keyof typeof closeCodes;

/** A WebSocket without text frames is no Pusher client (RFC 6455: unsupported data). */
export const BINARY_FRAME = 1003;
