import type * as z from 'zod';

/** An event that the server sends over the socket, with the schema of its data. */
export interface ServerEvent {
  readonly name: string;
  readonly summary: string;
  readonly data: z.ZodType;
}
