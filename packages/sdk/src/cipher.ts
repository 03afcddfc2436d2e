/**
 * What stands between what people write and what the server keeps in `content_encrypted`. A place for end-to-end
 * encryption; until that arrives there is one implementation, `encodedNotEncrypted`, which keeps nothing secret.
 */
export interface Cipher {
  /** What users are to be told about it: only 'encrypted' is unreadable to the server. */
  readonly protection: 'encoded, not encrypted' | 'encrypted';
  /**
   * Text of 1 to 49,152 bytes for the wire. Called once per message, before it is stored in the outbox: every attempt
   * sends the same bytes, because the same id with other content is a ConflictError (D2).
   */
  encode(text: string, conversationId: string): string | Promise<string>;
  /** The way back. Throws when it cannot be read; the message is then shown as unreadable. */
  decode(content: string, conversationId: string): string | Promise<string>;
}
