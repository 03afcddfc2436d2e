import { messageRead } from '@chasqui/protocol';
import { handler } from '../dispatch';

/** The user has read it; that acknowledges for this device too (D8). */
export const onMessageRead = handler(messageRead, async ({ live }, target) => {
  await live.acknowledge(target, 'read');
  return {};
});
