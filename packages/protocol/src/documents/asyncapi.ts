import * as z from 'zod';
import type { Command } from '../commands/command';
import { wireErrorSchema } from '../errors/errors';
import type { EventDefinition } from '../events/event';
import { COMMAND_TIMEOUT_MS, PROTOCOL, WINDOW } from '../limits';
import { commands, serverEvents } from '../socket';
import { createJsonSchemas, type JsonSchema, type JsonSchemas } from './jsonSchemas';

const description = `Generated from packages/protocol. One Socket.IO connection per device:
\`io(url, {auth: {token, deviceId?, batch?, brief?, protocol?}})\`.

Every command is answered within ${COMMAND_TIMEOUT_MS / 1000} s, with \`success: true\` or with an error.
A refused handshake is a \`connect_error\` whose \`data\` is an Error. At most ${WINDOW.toLocaleString('en')} messages by others
are unacknowledged per connection; then sending to it pauses until it acknowledges.`;

const channel = { $ref: '#/channels/socket' };

/** The socket interface as an AsyncAPI 3 document, from the server's side: it receives commands and sends events. */
export function asyncApiDocument(): JsonSchema {
  const schemas = createJsonSchemas('draft-7');
  const messages: Record<string, JsonSchema> = {};
  const operations: Record<string, JsonSchema> = {};

  for (const command of commands) {
    const key = keyOf(command.name);
    messages[key] = messageOf(command, schemas.sent(command.data));
    messages[`${key}.answer`] = answerOf(command, schemas);
    operations[key] = {
      action: 'receive',
      summary: command.summary,
      channel,
      messages: [channelMessage(key)],
      reply: { channel, messages: [channelMessage(`${key}.answer`)] },
    };
  }
  for (const event of serverEvents) {
    const key = keyOf(event.name);
    messages[key] = messageOf(event, schemas.received(event.data));
    operations[key] = {
      action: 'send',
      summary: event.summary,
      channel,
      messages: [channelMessage(key)],
    };
  }

  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Chasqui socket',
      version: String(PROTOCOL),
      description,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      local: {
        host: 'localhost:5000',
        protocol: 'socket.io',
        security: [{ $ref: '#/components/securitySchemes/accessToken' }],
      },
    },
    channels: {
      socket: {
        address: '/',
        description: 'The only namespace.',
        messages: Object.fromEntries(
          Object.keys(messages).map((key) => [key, { $ref: `#/components/messages/${key}` }]),
        ),
      },
    },
    operations,
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      messages,
      schemas: schemas.components(),
    },
  };
}

function messageOf({ name, summary }: Command | EventDefinition, payload: JsonSchema): JsonSchema {
  return { name, title: name, summary, payload };
}

function answerOf({ name, answer }: Command, schemas: JsonSchemas): JsonSchema {
  const done = { type: 'object', properties: { success: { const: true } }, required: ['success'] };
  const refused = schemas.received(z.object({ success: z.literal(false), error: wireErrorSchema }));
  return {
    name: `${name} (answer)`,
    title: `Answer to ${name}`,
    payload: { oneOf: [{ allOf: [done, schemas.received(answer)] }, refused] },
  };
}

function channelMessage(key: string): JsonSchema {
  return { $ref: `#/channels/socket/messages/${key}` };
}

/** Component names have no colons. */
function keyOf(name: string): string {
  return name.replace(':', '.');
}
