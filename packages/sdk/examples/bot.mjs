// A bot that answers "ping" with "pong". It can be killed at any moment: it answers missed messages after a restart.
// node packages/sdk/examples/bot.mjs http://127.0.0.1:5000 pingbot 'a long password' bot.data
import { openChatClient } from '@chasqui/sdk';
import { openFileStorage } from '@chasqui/sdk/node';

const [url, username, password, file] = process.argv.slice(2);
const client = await openChatClient({ url, storage: await openFileStorage(file) });

client.onMessage(({ id, conversation_id, seq, sender_id, content }) => {
  client.markRead(conversation_id, seq);
  if (content !== 'ping' || sender_id === client.getState().me.id) return;
  // The id makes the answer idempotent: if the bot is killed here, the message is reported again after a restart (D2).
  void client.send(conversation_id, 'pong', { replyToId: id, clientMessageId: `pong to ${id}` });
});

if (client.getState().me === null) await client.signIn({ username, password });
client.connect();
process.once('SIGINT', () => client.close());
console.log(`${client.getState().me.username} is listening`);
