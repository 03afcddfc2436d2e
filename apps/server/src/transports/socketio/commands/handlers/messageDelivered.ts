import { messageDelivered } from '@chasqui/protocol';
import { handler } from '../dispatch';

/** Acknowledges the message and all earlier ones of the conversation for this device (D6). */
export const onMessageDelivered = handler(messageDelivered, async ({ live }, target) => {
  await live.acknowledge(target, 'delivered');
  return {};
});
