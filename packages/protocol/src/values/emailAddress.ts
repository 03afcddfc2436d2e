import { EMAIL_MAX } from '../limits';

/** A part between dots before the @: what RFC 5322 calls an atom, and letters of all scripts (RFC 6531). */
const ATOM = /^[\w!#$%&'*+/=?^`{|}~\p{L}\p{M}\p{N}-]+$/u;
/** Nothing that a URL would read as something else than a host name; dots of other scripts too. */
const HOST = /^[\p{L}\p{M}\p{N}\u200c\u200d.\u3002\uff0e\uff61-]+$/u;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const TOP_LEVEL = /^(?=.*[a-z]).{2,}$/;
const LOCAL_MAX_BYTES = 64;

/**
 * The one normal form of an e-mail address, by which addresses are kept and compared: composed (NFC) and lower case
 * before the @, an ASCII host name after it. Undefined for what is no address; comments, quotes and IP addresses are
 * none here. Looks at every character a fixed number of times.
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

/** The host name as DNS has it, with `xn--` where it is international (IDNA). */
function asciiHost(text: string): string | undefined {
  if (!HOST.test(text) || !URL.canParse(`http://${text}`)) return undefined;
  const labels = new URL(`http://${text}`).hostname.split('.');
  if (labels.length < 2 || !labels.every((label) => LABEL.test(label))) return undefined;
  return TOP_LEVEL.test(labels.at(-1) ?? '') ? labels.join('.') : undefined;
}
