import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The version in this package's manifest; src and dist are at the same depth below it. */
export const version = readVersion();

function readVersion(): string {
  const manifest: unknown = JSON.parse(
    readFileSync(path.resolve(__dirname, '../../package.json'), 'utf8'),
  );
  if (typeof manifest === 'object' && manifest !== null && 'version' in manifest) {
    return String(manifest.version);
  }
  throw new Error('package.json has no version');
}
