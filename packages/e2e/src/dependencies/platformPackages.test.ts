import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { root } from './installed';

// yarn.lock has no checksums for platform-specific packages, so scripts/dependencies/platformPackages.json has them.

const script = pathToFileURL(path.join(root, 'scripts/dependencies/platformPackages.mjs')).href;

/** Evaluates an expression with the script's functions in a new process, because Jest cannot load the module. */
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

test('only platform-specific packages lack a checksum in the lock file', () => {
  // The schema refuses an entry without conditions.
  expect(evaluated(entries, 'packages.withoutChecksum()').length).toBeGreaterThan(100);
});

test('installed platform packages match the recorded checksums', () => {
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
  // On the platform of the record, every installed package is recorded.
  if (process.platform !== 'linux' || process.arch !== 'x64' || !isGnu) return;
  const installed = evaluated(specs, 'packages.installedWithoutChecksum().map(({ spec }) => spec)');
  expect(installed.filter((spec) => !recorded.includes(spec))).toEqual([]);
  expect(installed.length).toBeGreaterThan(5);
});

test('the digest changes with files, not with links', () => {
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
