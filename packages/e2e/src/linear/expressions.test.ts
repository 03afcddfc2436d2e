import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { hostileTexts, slowText } from '@chasqui/testkit';

// Untrusted input may reach any of these expressions, so each must match in linear time.

const root = path.resolve(__dirname, '../../../..');
const LENGTH = 16_384;

/** A literal as prettier formats it: after a bracket, an operator or a space, and before a token that can follow a value. */
const LITERAL =
  /(?<=[(=:,!?[\s])\/(?![/*\s])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/([dgimsuvy]*)(?=[.,;)\]\s])/g;

function expressions(): [where: string, expression: RegExp][] {
  const found = new Map<string, RegExp>();
  for (const folder of ['apps/server/src', 'packages/protocol/src']) {
    for (const file of filesIn(path.join(root, folder))) {
      for (const line of readFileSync(file, 'utf8').split('\n')) {
        if (/^\s*(?:\*|\/\/)/.test(line)) continue;
        for (const [text, source = '', flags = ''] of line.matchAll(LITERAL)) {
          const expression = parsed(source, flags);
          if (expression) found.set(`${path.relative(root, file)} ${text}`, expression);
        }
      }
    }
  }
  return [...found];
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => path.join(folder, name));
}

function parsed(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags.replace('g', ''));
  } catch {
    return undefined;
  }
}

/** All prefixes of matching texts, so that every path through the expression is tried. */
function beginningsOf(expression: RegExp): string[] {
  const beginnings = new Set(['']);
  for (const sample of samplesOf(expression)) {
    for (let end = 1; end <= Math.min(sample.length, 30); end += 1)
      beginnings.add(sample.slice(0, end));
  }
  return [...beginnings].slice(0, 60);
}

function samplesOf(expression: RegExp): string[] {
  try {
    return fc.sample(fc.stringMatching(expression), { numRuns: 4, seed: 1 });
  } catch {
    // fast-check supports neither look-around nor Unicode classes.
    return ['a@example.org', 'application/json;charset=utf-8', '👍'];
  }
}

function slowTextOf(expression: RegExp): string | undefined {
  return slowText(hostileTexts(LENGTH, beginningsOf(expression)), (text) => expression.test(text));
}

test('the search finds a quadratic expression', () => {
  const quadratic = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i;
  expect(slowTextOf(quadratic)).toBeDefined();
});

const all = expressions();

test('the sources contain expressions', () => {
  expect(all.length).toBeGreaterThan(10);
});

test.each(all)('%s is linear', (_where, expression) => {
  expect(slowTextOf(expression)).toBeUndefined();
});
