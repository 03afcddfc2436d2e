import type { Message } from '@chasqui/protocol';

/**
 * The same text as `JSON.stringify(message)`, faster for a message that was never changed: only two of its fields can
 * hold a character that needs escaping, and hardly any does.
 */
export function messageJson(message: Message): string {
  const { id, conversation_id, seq, version, sender_id, message_type, created_at } = message;
  const { kind, client_message_id, content_encrypted, reply_to_id, status } = message;
  const { edited_at, deleted_at, reactions } = message;
  const isPlain = kind === 'message' && edited_at === null && deleted_at === null;
  if (!isPlain || reactions.length > 0) return JSON.stringify(message);
  const reply = reply_to_id === null ? 'null' : `"${reply_to_id}"`;
  return `{"id":"${id}","conversation_id":"${conversation_id}","seq":${seq},"version":${version},"kind":"message","sender_id":"${sender_id}","client_message_id":${textJson(client_message_id)},"message_type":"${message_type}","content_encrypted":${textJson(content_encrypted)},"reply_to_id":${reply},"created_at":"${created_at}","edited_at":null,"deleted_at":null,"reactions":[],"status":"${status}"}`;
}

// Excludes everything that JSON escapes: quotes, backslashes, control characters and lone surrogates.
const PLAIN = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

function textJson(text: string | null): string {
  return text !== null && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
