import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { authRefresh, userSchema } from '@chasqui/protocol';
import { findPort } from '@chasqui/services';
import { createHttpClient, openInstance, until } from '@chasqui/testkit';
import { io } from 'socket.io-client';

// Runs the example of docs/operations/embedding.md with a chat that accepts its tokens.

const root = path.resolve(__dirname, '../../../../..');
const secret = 'a secret that the app and the chat share';

test('the example of docs/operations/embedding.md issues a token that the chat accepts over REST and sockets', async () => {
  const page = readFileSync(path.join(root, 'docs/operations/embedding.md'), 'utf8');
  const example = /```js\n([^`]*app\.listen[^`]*)```/.exec(page)?.[1] ?? '';
  const instance = await openInstance({
    worker: false,
    env: {
      ...{ EXTERNAL_ISSUER: 'https://app.example', EXTERNAL_AUDIENCE: 'chat' },
      EXTERNAL_SECRET: secret,
    },
  });
  const port = await findPort('127.0.0.1');
  const app = spawn(process.execPath, ['-e', example], {
    cwd: path.join(root, 'apps/server'),
    env: { PATH: process.env.PATH, CHAT_SECRET: secret, APP_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const ask = createHttpClient(`http://127.0.0.1:${port}`);
    const reply = await until('the application is listening', () => ask('GET', '/chat-token'));
    const { token } = authRefresh.data.parse(reply.body);
    const me = await createHttpClient(instance.url())('GET', '/api/users/me', { token });
    expect(userSchema.parse(me.body)).toMatchObject({ username: 'ana', display_name: 'Ana María' });

    const socket = io(instance.url(), {
      transports: ['websocket'],
      auth: (say) => say({ token, deviceId: 'web' }),
    });
    const ready = await new Promise((resolve) => socket.once('session:ready', resolve));
    expect(ready).toMatchObject({ deviceId: 'web' });
    socket.disconnect();
  } finally {
    app.kill('SIGKILL');
    await instance.close();
  }
});
