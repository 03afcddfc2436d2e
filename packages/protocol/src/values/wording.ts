import type * as z from 'zod';

/** Says of a field that is not there that it is missing, and of any other what it must be. Never its value. */
export function missingOr(message: string): z.core.$ZodErrorMap {
  return (issue) => (issue.input === undefined ? 'is missing' : message);
}

/** The words for what no schema words itself. */
export const wording: z.core.$ZodErrorMap = (issue) => {
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return 'is missing';
  const article = /^[aeiou]/.test(issue.expected) ? 'an' : 'a';
  return `must be ${article} ${issue.expected}`;
};
