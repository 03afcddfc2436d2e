import type { Cipher } from './cipher';

const MARK = 'base64:';

/**
 * ENCODED, NOT ENCRYPTED. Anyone who runs the server or reads its database can read every message: base64 is an encoding.
 * It lets any text through the wire, including text that the server would refuse as is (blank, or with control
 * characters), and encryption can replace it without changes elsewhere.
 *
 * Content without the prefix, as other clients and curl send it, is shown unchanged.
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
