export { createDirect } from '../conversations/createDirect';
export { createGroup } from '../conversations/group/createGroup';
export { removeParticipant } from '../members/removeParticipant';
export { editMessage } from '../messages/editMessage';
export { type DeliveryRoom, openDeliveryRoom } from './coreRoom';
export { memoryTransport, type MemoryTransport } from './memoryTransport';
