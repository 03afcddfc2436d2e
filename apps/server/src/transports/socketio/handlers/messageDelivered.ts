import { messageDelivered } from '@chasqui/protocol';
import { handler } from '../dispatch';

/** This device has it, and all before it in that conversation (D6). */
export const onMessageDelivered = handler(messageDelivered, async ({ live }, target) => {
  await live.acknowledge(target, 'delivered');
  return {};
});
