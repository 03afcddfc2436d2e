import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../dependencies/installed';

// Every file and every test title that these documents cite exists.

const files = filesBelow(root);

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', '.git', '.data', 'coverage'].includes(entry.name)) return [];
    const whole = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(whole) : [path.relative(root, whole)];
  });
}

/** Files are named by the end of their path; without the `src/` of a package where that reads better. */
function found(name: string): string[] {
  return files.filter((file) =>
    [file, file.replace('/src/', '/')].some((one) => `/${one}`.endsWith(`/${name}`)),
  );
}

interface Citation {
  line: number;
  file: string;
  titles: string[];
}

/** `file.ts` "title", "another title" */
function citationsOf(text: string): Citation[] {
  return text.split('\n').flatMap((line, index) =>
    [
      ...line.matchAll(
        /`([\w./-]+\.(?:tsx?|mjs|md|json|yaml|conf\.template|Dockerfile))`((?:,? "[^"]+")*)/g,
      ),
    ].map(([, file = '', titles = '']) => ({
      ...{ line: index + 1, file },
      titles: [...titles.matchAll(/"([^"]+)"/g)].map(([, title = '']) => title),
    })),
  );
}

const page = (name: string): string => readFileSync(path.join(root, name), 'utf8');

const testingPages = readdirSync(path.join(root, 'docs/testing')).map(
  (name) => `docs/testing/${name}`,
);

test.each(['SECURITY.md', 'docs/ASVS.md', ...testingPages])('%s cites existing tests', (name) => {
  const cited = citationsOf(page(name));
  expect(cited.length).toBeGreaterThan(0);
  const missing = cited.flatMap(({ line, file, titles }) => {
    const candidates = found(file);
    if (candidates.length === 0) return [`${name}:${line}: no file ${file}`];
    const texts = candidates.map(page);
    return titles
      .filter((title) => !texts.some((text) => text.includes(title)))
      .map((title) => `${name}:${line}: ${file} has no "${title}"`);
  });
  expect(missing).toEqual([]);
});

/** How many requirements of levels 1 and 2 each section of ASVS 5.0 has; their numbers begin at 1. */
const sections: Readonly<Record<string, number>> = {
  ...{ '1.1': 2, '1.2': 9, '1.3': 11, '1.4': 3, '1.5': 2 },
  ...{ '2.1': 3, '2.2': 3, '2.3': 4, '2.4': 1 },
  ...{ '3.2': 2, '3.3': 4, '3.4': 6, '3.5': 5, '3.7': 2 },
  ...{ '4.1': 3, '4.2': 1, '4.3': 2, '4.4': 4 },
  ...{ '5.1': 1, '5.2': 3, '5.3': 2, '5.4': 3 },
  ...{ '7.1': 3, '7.2': 4, '7.3': 2, '7.4': 5, '7.5': 2, '7.6': 2 },
  ...{ '8.1': 2, '8.2': 3, '8.3': 1, '8.4': 1, '9.1': 3, '9.2': 4 },
  ...{ '13.1': 1, '13.2': 5, '13.3': 2, '13.4': 5 },
  ...{ '14.1': 2, '14.2': 4, '14.3': 3 },
  ...{ '16.1': 1, '16.2': 5, '16.3': 4, '16.4': 3, '16.5': 3 },
};
const LINE = /^- \*\*(\d+\.\d+\.\d+)\*\* .+?: \*\*(met|partly|not met|does not apply)\*\*\. .+$/;

test('docs/ASVS.md has one line for each requirement, with its verdict, and adds them up', () => {
  const lines = page('docs/ASVS.md').split('\n');
  const judged = lines.flatMap((line) => {
    const [, number, verdict] = LINE.exec(line) ?? [];
    return number === undefined || verdict === undefined ? [] : [{ number, verdict }];
  });
  expect(judged.map(({ number }) => number)).toEqual(
    Object.entries(sections).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, i) => `${section}.${i + 1}`),
    ),
  );
  const sums = ['met', 'partly', 'not met', 'does not apply'].map(
    (one) => judged.filter(({ verdict }) => verdict === one).length,
  );
  const [, ...said] =
    lines
      .find((line) => line.startsWith('| all '))
      ?.split('|')
      .slice(1, -1) ?? [];
  expect(said.map(Number)).toEqual(sums);
});
