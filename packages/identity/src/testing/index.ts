export { pruneSessions } from '../sessions/pruneSessions';
export { jwksSource } from '../tokens/externalKeys';
