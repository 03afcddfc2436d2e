/**
 * Converts between plain text and `content_encrypted`, which the server stores. The extension point for end-to-end
 * encryption. The only implementation so far, `encodedNotEncrypted`, provides no confidentiality.
 */
export interface Cipher {
  /** To be shown to users. Only `encrypted` hides content from the server. */
  readonly protection: 'encoded, not encrypted' | 'encrypted';
  /**
   * Returns the wire form, 1 to 49,152 bytes of UTF-8. Called once per message, before it enters the outbox. Every attempt
   * then sends the same bytes: the same id with different content would be a ConflictError (D2).
   */
  encode(text: string, conversationId: string): string | Promise<string>;
  /** Reverses `encode`. Throws for undecodable content; the message is then shown as unreadable. */
  decode(content: string, conversationId: string): string | Promise<string>;
}
