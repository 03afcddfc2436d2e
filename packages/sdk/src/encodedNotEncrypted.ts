import type { Cipher } from './cipher';

const MARK = 'base64:';

/**
 * ENCODED, NOT ENCRYPTED. Whoever runs the server, and whoever reads its database, can read every message: base64 is a
 * spelling, no secret. It is here so that any text survives the wire, also one that the server would refuse as it is
 * (blank, or with control characters), and so that encryption can take its place without touching anything else.
 *
 * Content without the mark, as other clients and curl write it, is shown as it is.
 */
export const encodedNotEncrypted: Cipher = {
  protection: 'encoded, not encrypted',
  encode(text) {
    const bytes = new TextEncoder().encode(text);
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return MARK + btoa(binary);
  },
  decode(content) {
    if (!content.startsWith(MARK)) return content;
    const binary = atob(content.slice(MARK.length));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  },
};
