// node scripts/dependencies/recordPlatformPackages.mjs: records the checksums of this platform's packages
// that have none in yarn.lock. npm downloads each again; it is compared with the registry's checksum and the installed files.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fail } from '../running/console.mjs';
import {
  digestOf,
  installedWithoutChecksum,
  recorded,
  recordFile,
  withoutChecksum,
} from './platformPackages.mjs';

const locked = new Set(withoutChecksum().map(({ name, version }) => `${name}@${version}`));
const records = Object.entries(recorded()).filter(([spec]) => locked.has(spec));
for (const { spec, folder } of installedWithoutChecksum()) {
  if (!records.some(([each]) => each === spec)) records.push([spec, await record(spec, folder)]);
}
const sorted = records.sort(([a], [b]) => (a < b ? -1 : 1));
writeFileSync(recordFile, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);

async function record(spec, folder) {
  const draft = mkdtempSync(path.join(tmpdir(), 'chasqui-package-'));
  try {
    const npm = (...args) => execFileSync('npm', args, { cwd: draft, encoding: 'utf8' }).trim();
    const integrity = npm('view', spec, 'dist.integrity');
    npm('pack', spec, '--silent');
    const [archive = ''] = readdirSync(draft);
    const content = readFileSync(path.join(draft, archive));
    const found = `sha512-${createHash('sha512').update(content).digest('base64')}`;
    if (found !== integrity)
      fail(`The archive of ${spec} does not match the checksum in the registry.`);
    execFileSync('tar', ['-xzf', archive], { cwd: draft });
    const [unpacked = ''] = readdirSync(draft).filter((name) => name !== archive);
    const files = digestOf(path.join(draft, unpacked));
    if (files !== digestOf(folder)) fail(`The installed files of ${spec} differ from its archive.`);
    console.log(`Recorded ${spec}`);
    return { integrity, files };
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
