export { createLocks } from './locks';
export { storedSessionSchema } from '../session/storedSession';
