import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { advisories, isBefore } from './advisories';
import { installedPackages, type Manifest, root, workspaces } from './installed';

// Enforces the dependency policy of SECURITY.md.

const installed = installedPackages();

/** Licences compatible with distribution under MIT. */
const permissive = new Set([
  ...['MIT', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause', 'Apache-2.0', 'BlueOak-1.0.0'],
  ...['Apache-2.0 AND MIT', '(MIT OR CC0-1.0)', 'Python-2.0', 'CC0-1.0', 'Unlicense'],
]);
/** Development tools and data that are not distributed. */
const developmentOnly: Readonly<Record<string, string>> = {
  'axe-core': 'MPL-2.0',
  'caniuse-lite': 'CC-BY-4.0',
  // Its README contains the MIT licence.
  'expect.js': 'none',
  lightningcss: 'MPL-2.0',
  // Its LICENSE file contains the MIT licence.
  spawndamnit: 'SEE LICENSE IN LICENSE',
};

/** The old form: a list of objects. */
const listed = z.array(z.object({ type: z.string() })).transform(([first]) => first?.type);
const licence = z.union([z.string(), listed]);

const licenceOf = ({ license, licenses }: Manifest): string =>
  licence.safeParse(license ?? licenses).data ?? 'none';

test('every dependency may be distributed under MIT, or is a development tool', () => {
  const odd = installed
    .filter((one) => !permissive.has(licenceOf(one)))
    .filter(
      (one) =>
        developmentOnly[one.name.replace(/^lightningcss-.*/, 'lightningcss')] !== licenceOf(one),
    )
    .map((one) => `${one.name}@${one.version}: ${licenceOf(one)}`);
  expect(odd).toEqual([]);
  expect(installed.length).toBeGreaterThan(300);
});

test('no installed version has a known vulnerability', () => {
  const vulnerable = installed.flatMap(({ name, version }) =>
    advisories
      .filter((one) => one.name === name)
      .filter(({ major }) => major === undefined || major === Number(version.split('.')[0]))
      .filter(({ fixed }) => isBefore(version, fixed))
      .map(({ id, what }) => `${name}@${version}: ${id} (${what})`),
  );
  expect(vulnerable).toEqual([]);
});

test('versions compare by their numbers', () => {
  expect(isBefore('8.9.9', '8.21.0')).toBe(true);
  expect(isBefore('8.21.0', '8.21.0')).toBe(false);
  expect(isBefore('11.1.1', '9.0.0')).toBe(false);
  expect(isBefore('6.37.7', '6.37.8')).toBe(true);
});

test('every dependency has a documented reason', () => {
  const pages = ['SECURITY.md', 'docs/subsystems/client.md'].map((page) =>
    readFileSync(path.join(root, page), 'utf8'),
  );
  const direct = workspaces().flatMap(({ dependencies, devDependencies }) =>
    Object.keys({ ...dependencies, ...devDependencies }),
  );
  const unexplained = [...new Set(direct)]
    .filter((name) => !name.startsWith('@chasqui/') && !name.startsWith('@types/'))
    .filter((name) => !pages.some((page) => page.includes(`\`${name}\``)));
  expect(unexplained).toEqual([]);
});
