import { ValidationError } from '@chasqui/protocol';

/** Path parameters: `{id: …}` for `/api/users/:id`. */
export type PathParams = Readonly<Record<string, string>>;
export type QueryParams = Readonly<Record<string, string | number | undefined>>;

/**
 * Builds the path and query of a request; the only place in the SDK that does. Every value fills exactly one segment and is
 * percent-encoded. Throws ValidationError for a value that is empty or that a URL parser would remove (`.`, `..`): the
 * request would reach a different resource.
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

/** Whether servers and proxies leave the encoded text unchanged. */
export function isPlainSegment(text: string): boolean {
  return text !== '' && !/[./\\%\p{Cc}\p{Surrogate}]/u.test(text);
}

function segment(name: string, value: string | undefined): string {
  // `%2e` needs no extra check: its percent sign is encoded.
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
