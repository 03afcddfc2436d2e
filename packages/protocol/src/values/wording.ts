import type * as z from 'zod';

/** The message for a missing field, or the given requirement. Never the value. */
export function missingOr(message: string): z.core.$ZodErrorMap {
  return (issue) => (issue.input === undefined ? 'is missing' : message);
}

/** Messages for issues whose schema has none. */
export const wording: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'is missing';
  const article = /^[aeiou]/.test(issue.expected) ? 'an' : 'a';
  return `must be ${article} ${issue.expected}`;
};
