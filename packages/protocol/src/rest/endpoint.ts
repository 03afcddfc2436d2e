import type * as z from 'zod';
import type { ErrorName } from '../errors/errors';

/** A REST endpoint: its request, its answers and its errors. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** In Express' notation: `/api/messages/:messageId`. */
  readonly path: string;
  readonly summary: string;
  /** Whether it needs no access token. */
  readonly open?: true;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** The media type of a streamed answer that is not JSON. */
  readonly mediaType?: string;
  /** By status code; `noContent` if the answer has no body. */
  readonly answers: Readonly<Record<number, z.ZodType | typeof noContent>>;
  /** In addition to the errors of every endpoint: a missing token, too many requests, no PostgreSQL, a bug. */
  readonly refusals: readonly ErrorName[];
}

export const noContent = null;

/** The request body that a client sends. */
export type BodyOf<E extends { readonly body: z.ZodType }> = z.input<E['body']>;

/** The answer in case of success. */
export type AnswerOf<E extends Endpoint> = {
  [Code in keyof E['answers']]: E['answers'][Code] extends z.ZodType
    ? z.output<E['answers'][Code]>
    : undefined;
}[keyof E['answers']];
