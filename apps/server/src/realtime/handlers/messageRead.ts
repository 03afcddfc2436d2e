import { messageRead } from '@pern/protocol/commands/messageRead';
import { handler } from '../commands';

/** The user has read it; that acknowledges for this device too (D8). */
export const onMessageRead = handler(messageRead, async ({ live }, target) => {
  await live.acknowledge(target, 'read');
  return {};
});
