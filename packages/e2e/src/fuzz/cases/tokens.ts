/** Placeholders for ids and secrets that differ between runs; the fixture resolves them. */
const conversations = [
  '‹myConversation›',
  '‹theirConversation›',
  '‹directConversation›',
  '‹victimConversation›',
  '‹leftConversation›',
  '‹noConversation›',
];
const messages = [
  '‹myMessage›',
  '‹theirMessage›',
  '‹directMessage›',
  '‹victimMessage›',
  '‹leftMessage›',
  '‹noMessage›',
];
const users = ['‹me›', '‹friend›', '‹victim›', '‹administrator›', '‹noUser›'];
const cursors = ['‹myCursor›', '‹victimCursor›', '‹listCursor›', 'AAAA', '0.0.0'];
const texts = ['hello', 'Hello you', '‹fresh›', '‹fresh›', '👍', 'ñandú'];

/** By field name. Own data is more likely than other people's. */
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
  username: ['‹fresh›', '‹fresh›', '‹victimName›', 'Ana-Maria', 'admin'],
  email: ['‹fresh›@example.org', 'unknown@example.org', '‹victimName›@example.org'],
  sessions: ['‹loneSession›', '‹loneSession›', '‹victimSession›', '‹noUser›'],
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
