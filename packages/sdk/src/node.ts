export { openFileStorage } from './storage/fileStorage';
