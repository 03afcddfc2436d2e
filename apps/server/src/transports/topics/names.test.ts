import { chatTopicOf, topicsOf } from './names';

const id = '0189d8a4-1111-7000-8000-000000000001';

test.each(['/conversations/', '/chat/room/', '/chat-v2/room/'])(
  '%s names a conversation',
  (prefix) => {
    expect(chatTopicOf(`${prefix}${id}`)).toEqual({ kind: 'conversation', id });
    expect(chatTopicOf(`${prefix}${id.toUpperCase()}`)).toEqual({ kind: 'conversation', id });
    expect(topicsOf({ kind: 'conversation', id })).toContain(`${prefix}${id}`);
  },
);

test.each(['/users/', '/chat-v2/private/user/', '/chat-v2/rooms/user/'])(
  '%s names a user',
  (prefix) => {
    expect(chatTopicOf(`${prefix}${id}`)).toEqual({ kind: 'user', id });
  },
);

test.each(['/conversations/', '/conversations/x', `/conversations/${id}/`, `conversations/${id}`])(
  '%s is no topic of the chat',
  (topic) => {
    expect(chatTopicOf(topic)).toBeUndefined();
  },
);
