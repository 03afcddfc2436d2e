import * as z from 'zod';
import { parseObject } from '../wire/clientFrame';

// What nodes tell each other about the channels of the application. Losing a message is harmless: nodes repeat everything
// they hold.

const users = z.array(z.tuple([z.string(), z.unknown()]));
const held = z.object({ subscriptions: z.number(), users });

const messageSchema = z.discriminatedUnion('type', [
  /** What the node holds of one channel. */
  z.object({ type: z.literal('held'), node: z.string(), channel: z.string(), held }),
  /** All that the node holds. */
  z.object({
    ...{ type: z.literal('all'), node: z.string() },
    channels: z.array(z.tuple([z.string(), held])),
  }),
  /** The node has just started and holds nothing. */
  z.object({ type: z.literal('hello'), node: z.string() }),
  z.object({ type: z.literal('bye'), node: z.string() }),
  z.object({
    ...{ type: z.literal('event'), channel: z.string(), name: z.string(), data: z.string() },
    ...{ except: z.string().optional(), userId: z.string().optional() },
  }),
  z.object({ type: z.literal('terminate'), userId: z.string() }),
  /** A channel of this connection could not be signed because PostgreSQL does not answer. */
  z.object({ type: z.literal('unavailable'), socketId: z.string() }),
]);

export type NodeMessage = z.output<typeof messageSchema>;

/** Undefined for a message that only another version has. */
export function parseNodeMessage(payload: string): NodeMessage | undefined {
  return messageSchema.safeParse(parseObject(payload)).data;
}
