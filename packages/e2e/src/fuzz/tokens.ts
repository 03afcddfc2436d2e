/** What cases say in place of ids and secrets that differ from run to run; the world knows what they are. */
const conversations = [
  '‹myConversation›',
  '‹theirConversation›',
  '‹directConversation›',
  '‹hersConversation›',
  '‹leftConversation›',
  '‹noConversation›',
];
const messages = [
  '‹myMessage›',
  '‹theirMessage›',
  '‹directMessage›',
  '‹hersMessage›',
  '‹leftMessage›',
  '‹noMessage›',
];
const users = ['‹me›', '‹friend›', '‹her›', '‹administrator›', '‹noUser›'];
const cursors = ['‹myCursor›', '‹hersCursor›', '‹listCursor›', 'AAAA', '0.0.0'];
const texts = ['hello', 'Hello you', '‹fresh›', '‹fresh›', '👍', 'ñandú'];

/** By the name of the field. Own things come first and more often than not. */
export const tokens: Readonly<Record<string, readonly string[]>> = {
  anything: [...conversations, ...messages, ...users],
  conversations,
  messages: [...conversations, ...messages],
  conversationId: [...conversations, '‹myConversation›', '‹myConversation›', '‹theirConversation›'],
  conversation_id: [
    ...conversations,
    '‹myConversation›',
    '‹myConversation›',
    '‹theirConversation›',
  ],
  messageId: [...messages, '‹myMessage›', '‹myMessage›', '‹theirMessage›'],
  replyToId: messages,
  reply_to_id: messages,
  users,
  userId: users,
  user_id: users,
  deliveries: users,
  participant_ids: users,
  cursor: cursors,
  token: ['‹myToken›', '‹spareRefresh›', '‹unsigned›', 'x.y.z'],
  refresh_token: ['‹spareRefresh›', '‹myToken›', 'nonsense'],
  username: ['‹fresh›', '‹fresh›', '‹herName›', 'Ana-Maria', 'admin'],
  email: ['‹fresh›@example.org', 'nobody@example.org', '‹herName›@example.org'],
  sessions: ['‹loneSession›', '‹loneSession›', '‹herSession›', '‹noUser›'],
  password: ['correct horse', 'battery staple', '12345678'],
  current_password: ['correct horse', 'correct horse', 'battery staple', '12345678'],
  new_password: ['correct horse', 'correct horse', 'battery staple', '12345678'],
  emoji: ['👍', '🎉', ':party:', '👩‍👩‍👧‍👦'],
  title: texts,
  content_encrypted: texts,
  contentEncrypted: texts,
  client_message_id: ['‹fresh›', '‹fresh›', 'again'],
  clientMessageId: ['‹fresh›', '‹fresh›', 'again'],
};
