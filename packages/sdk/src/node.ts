export { openFileStorage } from './storage/fileStorage';
export type { Change, Storage } from './storage/storage';
