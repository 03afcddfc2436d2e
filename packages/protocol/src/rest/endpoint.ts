import type * as z from 'zod';
import type { ErrorName } from '../errors/errors';

/** One row of the REST table: what is asked, what is answered, what can be refused. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** As Express writes it: `/api/messages/:messageId`. */
  readonly path: string;
  readonly summary: string;
  /** Whether it takes no access token. */
  readonly open?: true;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** What the answer is when it is no JSON: then it comes as a text, bit by bit. */
  readonly mediaType?: string;
  /** By status code; `noContent` where the answer has no body. */
  readonly answers: Readonly<Record<number, z.ZodType | typeof noContent>>;
  /** Beside what every endpoint can refuse: a missing token, too many requests, no PostgreSQL, a bug. */
  readonly refusals: readonly ErrorName[];
}

export const noContent = null;

/** What a client may write in the body. */
export type BodyOf<E extends { readonly body: z.ZodType }> = z.input<E['body']>;

/** What a client is answered when nothing is refused. */
export type AnswerOf<E extends Endpoint> = {
  [Code in keyof E['answers']]: E['answers'][Code] extends z.ZodType
    ? z.output<E['answers'][Code]>
    : undefined;
}[keyof E['answers']];
