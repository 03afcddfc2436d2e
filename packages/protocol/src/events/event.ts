import type * as z from 'zod';

/** One thing the server tells over the socket. Its file holds the schema and the type. */
export interface ServerEvent {
  readonly name: string;
  readonly summary: string;
  readonly data: z.ZodType;
}
