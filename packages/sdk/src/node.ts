export { openFileStorage } from './storage/file/fileStorage';
export type { Change, Storage } from './storage/storage';
