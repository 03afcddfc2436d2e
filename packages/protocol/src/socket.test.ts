import {
  commands,
  serverEvents,
  type ClientToServerEvents,
  type ServerToClientEvents,
} from './socket';

test('the commands and events are those of the contract', () => {
  expect(commands.map(({ name }) => name)).toEqual([
    'chat:message_send',
    'chat:message_delivered',
    'chat:message_read',
    'chat:typing',
    'presence:online',
    'presence:offline',
    'chat:sync',
    'auth:refresh',
  ]);
  expect(serverEvents.map(({ name }) => name)).toEqual([
    'session:ready',
    'chat:message_received',
    'chat:messages_received',
    'chat:queue_empty',
    'chat:message_updated',
    'chat:message_status_updated',
    'chat:unread_updated',
    'chat:block_changed',
    'requests:changed',
    'privacy:changed',
    'chat:user_typing',
    'user:status_changed',
    'conversation:created',
    'conversation:updated',
    'conversation:removed',
  ]);
});

test('the schemas determine the types of handlers', () => {
  const answers: unknown[] = [];
  const handlers: Pick<ClientToServerEvents, 'chat:typing' | 'presence:online'> = {
    'chat:typing': ({ conversationId, isTyping }, answer) => {
      answers.push(conversationId, isTyping);
      answer?.({ success: true });
    },
    'presence:online': (answer) =>
      answer?.({ success: false, error: { name: 'UnavailableError', message: 'later' } }),
  };
  const listeners: Pick<ServerToClientEvents, 'chat:queue_empty'> = {
    'chat:queue_empty': ({ delivered }) => answers.push(delivered),
  };
  handlers['chat:typing']({ conversationId: 'c', isTyping: true }, (answer) =>
    answers.push(answer),
  );
  handlers['presence:online']((answer) => answers.push(answer.success));
  listeners['chat:queue_empty']({ delivered: 3 });
  expect(answers).toEqual(['c', true, { success: true }, false, 3]);
});
