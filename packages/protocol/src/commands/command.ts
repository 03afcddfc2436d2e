import * as z from 'zod';
import type { WireError } from '../errors/errors';

/** One thing a client may ask over the socket. Its file holds what it says, what it is answered, and the types. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly data: z.ZodType;
  /** What stands beside `success: true`. */
  readonly answer: z.ZodType;
}

/** Every command is answered with one of the two, within 10 s. */
export type CommandAnswer<T> = ({ success: true } & T) | { success: false; error: WireError };

/** The data of a command that says everything with its name: whatever comes is passed over. */
export const noData = z
  .unknown()
  .transform(() => undefined)
  .meta({ description: 'Nothing; whatever is sent is passed over.' });

/** The answer that says no more than `success: true`. */
export const noAnswer: z.ZodType<object> = z.object({});
