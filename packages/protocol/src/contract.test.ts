import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { errorNames } from './errors/errors';
import { PROTOCOL } from './limits';
import type { Endpoint } from './rest/endpoint';
import { endpoints } from './rest/endpoints';
import { commands, serverEvents } from './socket';
import { capabilities } from './values/capabilities';

// docs/CONTRACT.md describes the protocol that this package defines: nothing missing, nothing invented.

const root = path.resolve(__dirname, '../../..');
const contract = readFileSync(path.join(root, 'docs/CONTRACT.md'), 'utf8');

/** The first cells of the table rows below a heading, without backticks. */
function firstCells(heading: string): string[] {
  const [, section = ''] = contract.split(new RegExp(`^#+ ${heading}$`, 'm'));
  const untilNext = section.split(/^## /m)[0] ?? '';
  return [...untilNext.matchAll(/^\| `([^`]+)`/gm)].map(([, cell = '']) => cell);
}

const sorted = (names: readonly string[]): string[] => [...names].sort();

test('docs/CONTRACT.md lists every REST endpoint', () => {
  // Prometheus' text format has no schema, so /metrics is not in the table of endpoints.
  const defined = Object.values<Endpoint>(endpoints).map(
    ({ method, path: route }) => `${method} ${route}`,
  );
  expect(sorted(firstCells('REST'))).toEqual(sorted([...defined, 'GET /metrics']));
});

test('docs/CONTRACT.md lists every command, event and error', () => {
  const namesOf = (messages: readonly { name: string }[]): string[] =>
    sorted(messages.map(({ name }) => name));
  expect(sorted(firstCells('Socket.IO'))).toEqual(namesOf([...commands, ...serverEvents]));
  expect(firstCells('Errors')).toEqual([...errorNames]);
});

test('docs/CONTRACT.md lists every capability', () => {
  expect(sorted(firstCells('Capabilities'))).toEqual(sorted(capabilities));
});

test('docs/CONTRACT.md names the current protocol number', () => {
  expect(contract).toContain(`covered by the protocol number, which is ${PROTOCOL} today`);
});

test('docs/CONTRACT.md defines every promise that code, tests and documents cite', () => {
  const defined = [...contract.matchAll(/^\| (D\d+) /gm)].map(([, id = '']) => id);
  expect(defined).toEqual(Array.from({ length: 12 }, (_, i) => `D${i + 1}`));
  const unknown = filesBelow(root).flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/\bD\d{1,2}\b/g)]
      .map(([id]) => id)
      .filter((id) => !defined.includes(id))
      .map((id) => `${file}: ${id}`),
  );
  expect(unknown).toEqual([]);
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (['node_modules', 'dist', 'coverage'].includes(entry.name)) return [];
    if (entry.name.startsWith('.')) return [];
    const whole = path.join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(whole);
    return /\.(tsx?|mjs|md|ya?ml)$/.test(entry.name) ? [path.relative(root, whole)] : [];
  });
}
