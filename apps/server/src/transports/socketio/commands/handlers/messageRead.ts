import { messageRead } from '@chasqui/protocol';
import { handler } from '../dispatch';

/** Marks messages as read by the user, which also acknowledges them for this device (D8). */
export const onMessageRead = handler(messageRead, async ({ live }, target) => {
  await live.acknowledge(target, 'read');
  return {};
});
