import * as z from 'zod';
import type { WireError } from '../errors/errors';

/** A command that a client sends over the socket: the schemas of its data and of its answer. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly data: z.ZodType;
  /** The fields beside `success: true`. */
  readonly answer: z.ZodType;
}

/** Every command gets one of these two answers within 10 s. */
export type CommandAnswer<T> = ({ success: true } & T) | { success: false; error: WireError };

/** The data of a command without arguments. Any value is accepted and ignored. */
export const noData = z
  .unknown()
  .transform(() => undefined)
  .meta({ description: 'Nothing; any value is ignored.' });

/** The answer that contains only `success: true`. */
export const noAnswer: z.ZodType<object> = z.object({});
