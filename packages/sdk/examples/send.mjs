// Sends one message to another user and waits until the server has stored it.
// node packages/sdk/examples/send.mjs http://127.0.0.1:5000 ana 'a long password' ben 'Hello, Ben'
import { openChatClient } from '@chasqui/sdk';

const [url, username, password, to, text] = process.argv.slice(2);
const client = await openChatClient({ url });
await client.signIn({ username, password });
client.connect();

const { users } = await client.findUsers(to);
const friend = users.find((user) => user.username === to);
const conversation = await client.createDirect(friend.id);
const message = await client.whenSent(await client.send(conversation.id, text));
console.log(`stored with seq ${message.seq}`);
await client.close();
