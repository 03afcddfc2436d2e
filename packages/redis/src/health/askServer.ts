import Redis from 'ioredis';

const ANSWER_WITHIN_MS = 1_500;

export interface ServerAnswer {
  /** Empty where INFO is refused, for example by an ACL. */
  info: string;
  /** The error reply to the login or to a write; undefined when both succeed. */
  refusal: string | undefined;
}

/**
 * Connects to the server behind this address, reads INFO and tests a write to `key`. Rejects when it does not answer
 * in time.
 */
export async function askServer(url: string, key: string): Promise<ServerAnswer> {
  const address = new URL(url);
  const { username, password } = address;
  // Sent by hand: ioredis prints a warning when the server needs no password.
  const credentials = [username, password].filter((part) => part !== '').map(decodeURIComponent);
  address.username = '';
  address.password = '';
  address.pathname = '';
  const redis = new Redis(address.href, {
    connectionName: 'chasqui-watch',
    disableClientInfo: true,
    lazyConnect: true,
    enableReadyCheck: false,
    retryStrategy: null,
    connectTimeout: ANSWER_WITHIN_MS,
    commandTimeout: ANSWER_WITHIN_MS,
    disconnectTimeout: 50,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    // A server without a password refuses AUTH but accepts writes.
    if (password !== '') await redis.call('AUTH', ...credentials).catch(replyOf);
    const info = await redis.info().catch((error: unknown) => void replyOf(error));
    const written = await redis.set(key, '1', 'PX', 60_000).catch(replyOf);
    return { info: info ?? '', refusal: written === 'OK' ? undefined : (written ?? '') };
  } finally {
    redis.disconnect();
  }
}

/** Returns the text of an error reply. Throws every other error, for example a time-out. */
function replyOf(error: unknown): string {
  if (error instanceof Error && error.name === 'ReplyError') return error.message;
  throw error;
}
