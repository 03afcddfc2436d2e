export { createBus } from './bus/bus';
export { type RedisConnections, createRedisConnections } from './connections/connections';
export { defineScript, type Script } from './connections/defineScript';
export { chooseFor } from './connections/shards';
export { type Consumer, createConsumer, type RawJob } from './queue/consumer';
export { createDeliveryQueue, type DeliveryQueue } from './queue/deliveryQueue';
export { createQueueMarker, type QueueMarker } from './queue/queueMarker';
export { createWakeups } from './queue/wakeups';
