/** Characters of a Content-Type header that are read; what is longer is not a media type that anybody registered. */
const HEADER_MAX = 255;

/**
 * Whether a Content-Type header names JSON in UTF-8: `application/json` or `application/…+json`, with no parameter but
 * `charset=utf-8`. Anybody can send this header, so it is split and compared, in time linear in its length.
 */
export function saysJson(header: string | undefined): boolean {
  if (header === undefined || header.length > HEADER_MAX) return false;
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  return isJson(type.trim()) && parameters.every((text) => isUtf8Charset(text.trim()));
}

function isJson(type: string): boolean {
  if (type === 'application/json') return true;
  return (
    type.startsWith('application/') && type.endsWith('+json') && TOKEN.test(type.slice(12, -5))
  );
}

// One class between two anchors: nothing to try twice.
const TOKEN = /^[\w.+-]+$/;

/** An empty parameter is what a semicolon at the end leaves. */
function isUtf8Charset(parameter: string): boolean {
  if (parameter === '') return true;
  const [name = '', value = '', ...more] = parameter.split('=').map((part) => part.trim());
  return name === 'charset' && (value === 'utf-8' || value === '"utf-8"') && more.length === 0;
}
