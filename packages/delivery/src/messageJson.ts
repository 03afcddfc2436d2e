import type { Message } from '@pern/protocol/message';

/**
 * What `JSON.stringify` makes of a message, in a third of the time for one that was never changed: of its fields
 * only two can hold a character that needs escaping.
 */
export function messageJson(message: Message): string {
  const { id, conversation_id, seq, version, sender_id, message_type, created_at } = message;
  const { kind, client_message_id, content_encrypted, reply_to_id, status } = message;
  const { edited_at, deleted_at, reactions } = message;
  const isPlain = kind === 'message' && edited_at === null && deleted_at === null;
  if (!isPlain || reactions.length > 0) return JSON.stringify(message);
  const reply = reply_to_id === null ? 'null' : `"${reply_to_id}"`;
  return `{"id":"${id}","conversation_id":"${conversation_id}","seq":${seq},"version":${version},"kind":"message","sender_id":"${sender_id}","client_message_id":${JSON.stringify(client_message_id)},"message_type":"${message_type}","content_encrypted":${JSON.stringify(content_encrypted)},"reply_to_id":${reply},"created_at":"${created_at}","edited_at":null,"deleted_at":null,"reactions":[],"status":"${status}"}`;
}
