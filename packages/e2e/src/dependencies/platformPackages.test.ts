import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { root } from './installed';

// Packages of single platforms have no checksum in yarn.lock, so scripts/dependencies/platformPackages.json has one for each.

const script = pathToFileURL(path.join(root, 'scripts/dependencies/platformPackages.mjs')).href;

/** What an expression comes to with the functions of the script, which is a module that Jest cannot load. */
function evaluated<T>(schema: z.ZodType<T>, expression: string): T {
  const program = `import * as packages from ${JSON.stringify(script)};
    process.stdout.write(JSON.stringify(${expression}));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  return schema.parse(JSON.parse(output));
}

const specs = z.array(z.string());
const records = z.record(z.string(), z.object({ integrity: z.string(), files: z.string() }));
const entries = z.array(
  z.object({ name: z.string(), version: z.string(), conditions: z.string() }),
);

test('only packages of single platforms lack a checksum in the lock file', () => {
  // The schema refuses an entry without conditions.
  expect(evaluated(entries, 'packages.withoutChecksum()').length).toBeGreaterThan(100);
});

test('what is installed of them is what was recorded, and nothing else is recorded', () => {
  expect(evaluated(specs, 'packages.changedPackages()')).toEqual([]);
  const recorded = Object.keys(evaluated(records, 'packages.recorded()'));
  const locked = evaluated(entries, 'packages.withoutChecksum()').map(
    ({ name, version }) => `${name}@${version}`,
  );
  expect(recorded.filter((spec) => !locked.includes(spec))).toEqual([]);
  const report = z.object({
    header: z.looseObject({ glibcVersionRuntime: z.string().optional() }),
  });
  const isGnu = report.parse(process.report.getReport()).header.glibcVersionRuntime !== undefined;
  // Where they were recorded, all of them were.
  if (process.platform !== 'linux' || process.arch !== 'x64' || !isGnu) return;
  const installed = evaluated(specs, 'packages.installedWithoutChecksum().map(({ spec }) => spec)');
  expect(installed.filter((spec) => !recorded.includes(spec))).toEqual([]);
  expect(installed.length).toBeGreaterThan(5);
});

test('a changed, added or renamed file is noticed, a link is not', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'chasqui-package-'));
  const digest = () => evaluated(z.string(), `packages.digestOf(${JSON.stringify(folder)})`);
  try {
    writeFileSync(path.join(folder, 'a'), 'one');
    const first = digest();
    symlinkSync('a', path.join(folder, 'link'));
    expect(digest()).toBe(first);
    writeFileSync(path.join(folder, 'b'), '');
    const second = digest();
    writeFileSync(path.join(folder, 'a'), 'two');
    expect(new Set([first, second, digest()]).size).toBe(3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
