import type * as z from 'zod';
import { ValidationError, type FieldError } from '../errors/errors';
import { wording } from './wording';

/** Maximum number of reported fields: a list of a thousand wrong ids needs no thousand lines. */
const DETAILS_MAX = 20;

/**
 * Parses external input by a schema: unknown fields are removed, ids become lower case, defaults are filled in. Throws a
 * ValidationError that names the fields and never repeats a value, so that no content reaches an answer or a log. Reads only
 * what the schema names, so depth and unknown keys cost nothing.
 */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // Error messages are computed only for a refusal: always computing them makes every parse several times slower.
  const refused = schema.safeParse(value, { error: wording });
  throw validationError((refused.error ?? result.error).issues);
}

function validationError(issues: readonly z.core.$ZodIssue[]): ValidationError {
  const details = issues.slice(0, DETAILS_MAX).map(fieldError);
  const [first] = details;
  const where = first === undefined || first.path === '' ? 'the request' : first.path;
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new ValidationError(`${where} ${first?.message ?? 'is malformed'}${more}`, details);
}

function fieldError({ path, message }: z.core.$ZodIssue): FieldError {
  return { path: path.map(String).join('.'), message };
}
