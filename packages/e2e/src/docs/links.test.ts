import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../dependencies/installed';

// Documents link to what exists, cite paths that exist, and are found from docs/README.md.

const files = filesBelow(root);
const pages = files.filter((file) => file.endsWith('.md'));
const sources = files.filter((file) => /\.(tsx?|mjs|cjs|ya?ml)$/.test(file));

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', 'coverage', '.git', '.data'].includes(entry.name)) return [];
    const whole = path.join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(whole) : [path.relative(root, whole)];
  });
}

const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const withoutCode = (text: string): string =>
  text.replace(/^```[^\n]*\n[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');

/** Relative links of a page, as paths from the root, with their anchors. */
function linksOf(page: string): { target: string; anchor: string }[] {
  const text = withoutCode(read(page));
  const inline = [...text.matchAll(/\]\(([^)\s]+)\)/g)];
  const reference = [...text.matchAll(/^\[[^\]]+\]: (\S+)/gm)];
  const images = [...text.matchAll(/src="([^"]+)"/g)];
  return [...inline, ...reference, ...images]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link))
    .map((link) => {
      const [file = '', anchor = ''] = link.split('#');
      return { target: file === '' ? page : path.join(path.dirname(page), file), anchor };
    });
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(page: string): string[] {
  const text = read(page).replace(/^```[^\n]*\n[\s\S]*?^```/gm, '');
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test.each(pages)('%s links to existing files and headings', (page) => {
  const broken = linksOf(page).flatMap(({ target, anchor }) => {
    if (!existsSync(path.join(root, target))) return [`no ${target}`];
    if (anchor === '' || !target.endsWith('.md') || anchorsOf(target).includes(anchor)) return [];
    return [`no heading #${anchor} in ${target}`];
  });
  expect(broken).toEqual([]);
});

const REPOSITORY_PATH = /^(?:apps|packages|docs|scripts|docker|\.github)\/[\w./-]+$/;
/** Made by a build, a run or the operator. */
const MADE = /(?:^|\/)(?:dist|screenshots|coverage|node_modules|\.env)(?:\/|$)/;

/** A path, or the beginning of one: `docs/adr/0013` is enough for a decision record. */
function exists(cited: string): boolean {
  const whole = path.join(root, cited);
  if (existsSync(whole)) return true;
  const folder = path.dirname(whole);
  if (!/^docs\/adr\/\d{4}$/.test(cited) || !existsSync(folder)) return false;
  return readdirSync(folder).some((name) => name.startsWith(path.basename(whole)));
}

/** A source file by the end of its path, without `src/` where that reads better. */
const endsWith = (name: string): boolean =>
  files.some((file) =>
    [file, file.replace('/src/', '/')].some((whole) => `/${whole}`.endsWith(`/${name}`)),
  );

test.each(pages.filter((page) => page !== 'CHANGELOG.md'))('%s cites existing paths', (page) => {
  const cited = [...read(page).matchAll(/`([^`\n]+)`/g)].map(([, one = '']) => one);
  const paths = cited
    .map((one) => one.replace(/\/$/, ''))
    .filter((one) => REPOSITORY_PATH.test(one) && !MADE.test(one));
  const sourceFiles = cited.filter((one) => /^[\w/-][\w./-]*\.(?:tsx?|mjs)$/.test(one));
  expect([
    ...paths.filter((one) => !exists(one)),
    ...sourceFiles.filter((one) => !endsWith(one)),
  ]).toEqual([]);
});

test('source files cite existing documents', () => {
  const missing = sources.flatMap((file) =>
    [...read(file).matchAll(/(?<![\w/.])(?:docs\/[\w/-]+(?:\.md)?|[A-Z]{4,}\.md)/g)]
      .map(([cited]) => cited)
      .filter((cited) => /\.md$|^docs\/adr\//.test(cited))
      .filter((cited) => !exists(cited) && !pages.some((page) => page.endsWith(`/${cited}`)))
      .map((cited) => `${file}: ${cited}`),
  );
  expect(missing).toEqual([]);
});

test('nothing cites a document outside the repository', () => {
  const cited = [...sources, ...pages].flatMap((file) =>
    [...read(file).matchAll(/\b(?:CONTRACT|FAULTS)(?=[, ])|\bseeds\/0\d+/g)].map(
      ([name]) => `${file}: ${name}`,
    ),
  );
  expect(cited).toEqual([]);
});

test('every page below docs can be reached from docs/README.md', () => {
  const reached = new Set<string>();
  const visit = (page: string): void => {
    if (reached.has(page) || !page.endsWith('.md')) return;
    reached.add(page);
    for (const { target } of linksOf(page)) visit(target);
  };
  visit('docs/README.md');
  const below = pages.filter((page) => page.startsWith('docs/'));
  expect(below.filter((page) => !reached.has(page))).toEqual([]);
});

test('every decision record has a number, a status and a date, and is listed', () => {
  const folder = path.join(root, 'docs/adr');
  const records = readdirSync(folder).filter((name) => /^\d{4}-/.test(name));
  const wrong = records.filter((name, index) => {
    const text = read(`docs/adr/${name}`);
    const number = index + 1;
    return !(
      Number(name.slice(0, 4)) === number &&
      text.startsWith(`# ${number}. `) &&
      /^- Status: (?:accepted|superseded|proposed)/m.test(text) &&
      /^- Date: \d{4}-\d{2}-\d{2}$/m.test(text) &&
      read('docs/adr/README.md').includes(`(${name})`)
    );
  });
  expect(wrong).toEqual([]);
});

/** The paths of an annotated tree: two spaces of indentation for each folder. */
function treeOf(page: string): string[] {
  const [, tree = ''] = /^## The tree\n[\s\S]*?^```\n([\s\S]*?)^```/m.exec(read(page)) ?? [];
  const parents: string[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', name] = /^((?: {2})*)([\w./-]+)(?: |$)/.exec(line) ?? [];
    if (name === undefined) return [];
    const depth = indent.length / 2;
    parents.length = depth;
    parents[depth] = name.replace(/\/$/, '');
    return [parents.join('/')];
  });
}

test('the tree of docs/architecture.md has every folder and nothing else', () => {
  const tree = treeOf('docs/architecture.md');
  expect(tree.filter((one) => !existsSync(path.join(root, one)))).toEqual([]);
  const foldersOf = (folder: string): string[] =>
    readdirSync(path.join(root, folder), { withFileTypes: true })
      .filter(
        (entry) =>
          entry.isDirectory() && files.some((file) => file.startsWith(`${folder}/${entry.name}/`)),
      )
      .map((entry) => `${folder}/${entry.name}`);
  const folders = [
    ...foldersOf('packages').map((folder) => (tree.includes(folder) ? folder : `${folder}/src`)),
    ...['apps/server/src', 'apps/worker/src', 'apps/client/src', 'packages/core/src'].flatMap(
      foldersOf,
    ),
  ];
  const missing = folders.filter((one) => !tree.includes(one) && !one.endsWith('/testing'));
  expect(missing).toEqual([]);
});
