import { openChatClient } from '@chasqui/sdk';
import { openFileStorage } from '@chasqui/sdk/node';

// Puts messages into an outbox and runs until it is killed: node outboxProgram.js URL FILE CONVERSATION COUNT NAME
// PASSWORD. Prints one line for each message that is stored and for each that is acknowledged. Without NAME it uses the
// account that is signed in, and does not connect.

async function main(): Promise<void> {
  const [url = '', file = '', conversationId = '', count = '', username, password = ''] =
    process.argv.slice(2);
  const client = await openChatClient({ url, storage: await openFileStorage(file) });
  if (username !== undefined) {
    await client.signIn({ username, password });
    client.connect();
  }
  const sends = Array.from({ length: Number(count) }, async (_, i) => {
    const id = await client.send(conversationId, `message ${i + 1}`);
    process.stdout.write(`stored ${id}\n`);
    await client.whenSent(id);
    process.stdout.write(`sent ${id}\n`);
  });
  await Promise.all(sends);
}

void main();
