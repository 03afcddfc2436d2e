import Redis from 'ioredis';

const ANSWER_WITHIN_MS = 1_500;

/**
 * INFO of the server that this address leads to now, over a connection of its own. Rejects when it
 * does not answer in time.
 */
export async function askServer(url: string): Promise<string> {
  const address = new URL(url);
  const { username, password } = address;
  // Sent by hand: ioredis would write a warning to the console each time one is not needed.
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
    if (password !== '') await redis.call('AUTH', ...credentials).catch(() => undefined);
    return await redis.info();
  } finally {
    redis.disconnect();
  }
}
