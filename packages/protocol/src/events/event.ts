import type * as z from 'zod';

/** The definition of an event that the server sends over the socket, with the schema of its data. */
export interface EventDefinition {
  readonly name: string;
  readonly summary: string;
  readonly data: z.ZodType;
}
