import { ValidationError } from '@pern/protocol/errors';

/** What fills a path: `{id: …}` for `/api/users/:id`. */
export type PathParams = Readonly<Record<string, string>>;
export type QueryParams = Readonly<Record<string, string | number | undefined>>;

/**
 * The path of a request, with its query. The only place in the SDK that makes one. Every value fills exactly one
 * segment: it is percent-encoded, and a value that a URL parser would remove (`.`, `..`) or that is no segment at all
 * is refused with a ValidationError, because the request would go to another resource.
 */
export function pathOf(template: string, params: PathParams = {}, query: QueryParams = {}): string {
  const filled = template.replace(/:(\w+)/g, (_, name: string) => segment(name, params[name]));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

/** Whether every server and proxy on the way leaves the encoded text as it is. */
export function isPlainSegment(text: string): boolean {
  return text !== '' && !/[./\\%\p{Cc}\p{Surrogate}]/u.test(text);
}

function segment(name: string, value: string | undefined): string {
  // `%2e` needs no rule of its own: its percent sign is encoded.
  if (value === undefined || value === '' || value === '.' || value === '..') throw refused(name);
  try {
    return encodeURIComponent(value);
  } catch {
    // A lone surrogate.
    throw refused(name);
  }
}

function refused(name: string): ValidationError {
  const message = 'cannot be part of a path';
  return new ValidationError(`${name} ${message}`, [{ path: name, message }]);
}
