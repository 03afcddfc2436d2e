export { createLocks } from './locks';
