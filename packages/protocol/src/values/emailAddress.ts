import { EMAIL_MAX } from '../limits';

/** A part between dots before the @: an atom of RFC 5322, or letters of all scripts (RFC 6531). */
const ATOM = /^[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+$/u;
/** Characters that a URL parser would not read as part of a host name, including dots of other scripts. */
const HOST = /^[\p{L}\p{M}\p{N}\u200c\u200d.\u3002\uff0e\uff61-]+$/u;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const TOP_LEVEL = /^(?=.*[a-z]).{2,}$/;
const LOCAL_MAX_BYTES = 64;

/**
 * The canonical form of an e-mail address, for storage and comparison: composed (NFC) and lower case before the @, an ASCII
 * host name after it. Undefined for invalid addresses; comments, quotes and IP addresses are not supported. Runs in linear
 * time.
 */
export function parseEmail(text: string): string | undefined {
  if (text.length > EMAIL_MAX) return undefined;
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at)).normalize('NFC').toLowerCase().normalize('NFC');
  if (!local.split('.').every((atom) => ATOM.test(atom))) return undefined;
  if (new TextEncoder().encode(local).length > LOCAL_MAX_BYTES) return undefined;
  const host = asciiHost(text.slice(at + 1));
  if (host === undefined) return undefined;
  const address = `${local}@${host}`;
  return address.length > EMAIL_MAX ? undefined : address;
}

/** The host name in DNS form, with `xn--` for international names (IDNA). */
function asciiHost(text: string): string | undefined {
  if (!HOST.test(text) || !URL.canParse(`http://${text}`)) return undefined;
  const labels = new URL(`http://${text}`).hostname.split('.');
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label))) return undefined;
  return TOP_LEVEL.test(labels.at(-1) ?? '') ? labels.join('.') : undefined;
}
