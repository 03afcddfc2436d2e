export { createDirect } from '../conversations/createDirect';
export { createGroup } from '../conversations/group/createGroup';
export { removeParticipant } from '../members/removeParticipant';
export { editMessage } from '../messages/editMessage';
export { type DeliveryRoom, openDeliveryRoom } from './coreRoom';
export { createFakeNetwork } from './fakes/fakeBus';
export { memoryTransport, type MemoryTransport } from './memoryTransport';
export { openDeliveryNode, type DeliveryNode } from './coreNode';
export {
  type ContractClient,
  type ContractRoom,
  describeTransport,
  type Received,
} from './transportContract';
