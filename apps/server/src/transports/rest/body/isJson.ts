/** Maximum length of a Content-Type header; no registered media type is longer. */
const HEADER_MAX = 255;

/**
 * Whether a Content-Type header declares JSON in UTF-8: `application/json` or `application/…+json`,
 * with no parameter but `charset=utf-8`. Clients control this header, so parsing is linear in its
 * length.
 */
export function isJson(header: string | undefined): boolean {
  if (header === undefined || header.length > HEADER_MAX) return false;
  const [type = '', ...parameters] = header.toLowerCase().split(';');
  return isJsonType(type.trim()) && parameters.every((text) => isUtf8Charset(text.trim()));
}

function isJsonType(type: string): boolean {
  if (type === 'application/json') return true;
  return (
    type.startsWith('application/') && type.endsWith('+json') && TOKEN.test(type.slice(12, -5))
  );
}

// One character class between two anchors, so there is no backtracking.
const TOKEN = /^[\w.+-]+$/;

/** A trailing semicolon yields an empty parameter. */
function isUtf8Charset(parameter: string): boolean {
  if (parameter === '') return true;
  const [name = '', value = '', ...more] = parameter.split('=').map((part) => part.trim());
  return name === 'charset' && (value === 'utf-8' || value === '"utf-8"') && more.length === 0;
}
