import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as z from 'zod';
import { parseSettings, SettingsError } from './parseSettings';
import { launcherSettings, serverSettings, workerSettings } from './settings';

const root = path.resolve(__dirname, '../../..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const given = {
  DATABASE_URL: 'postgres://localhost/chasqui',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'x'.repeat(32),
};
const names = Object.keys(launcherSettings.shape);

test('the launcher refuses a value with the same line as server and worker', () => {
  const wrong = { PORT: 'x', SWEEP_INTERVAL_MS: '5', DELIVERY_BACKOFF_MS: '700000', HOST: 'a b' };
  for (const [name, value] of Object.entries({ ...wrong, WORKER_METRICS_PORT: '70000' })) {
    const env = { ...given, [name]: value };
    const lines = [
      [launcherSettings, () => parseSettings(launcherSettings, env)] as const,
      [serverSettings, () => parseSettings(serverSettings, env)] as const,
      [workerSettings, () => parseSettings(workerSettings, env)] as const,
    ].flatMap(([schema, parse]) => (name in schema.shape ? [messageOf(parse)] : []));
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(new Set(lines).size).toBe(1);
    expect(lines[0]).toMatch(new RegExp(`^${name} is malformed: it must be [^\\n]+\\.$`));
    expect(lines[0]).not.toContain(` ${value} `);
  }
});

test('the server or the worker reads every setting', () => {
  const read = new Set([
    ...Object.keys(serverSettings.shape),
    ...Object.keys(workerSettings.shape),
  ]);
  expect(names.filter((name) => !read.has(name))).toEqual([]);
});

test('spaces around a value are ignored, except in a secret', () => {
  const settings = { ...given, PORT: ' 6000 ', JWT_SECRET: ` ${'x'.repeat(16)} ` };
  expect(parseSettings(serverSettings, settings)).toMatchObject({
    PORT: 6_000,
    JWT_SECRET: settings.JWT_SECRET,
  });
});

test('the table in README.md lists every setting with its default', () => {
  const rows = read('README.md')
    .split('\n')
    .flatMap((line) => {
      const [, name, byDefault] = line.split('|').map((cell) => cell.trim());
      return name !== undefined && /^`[A-Z_]+`/.test(name) ? [{ name, byDefault }] : [];
    });
  const documented = rows.flatMap(({ name, byDefault }) => {
    const found = [...name.matchAll(/`([A-Z_]+)`/g)].map(([, each]) => each ?? '');
    const defaults = (byDefault ?? '').split(', ');
    return found.map((each, i) => ({ name: each, byDefault: defaults[i] ?? defaults[0] ?? '' }));
  });
  // The settings for external tokens share one row and a page of their own.
  const embedding = read('docs/operations/embedding.md');
  const undocumented = names.filter(
    (name) =>
      !documented.some((row) => row.name === name) &&
      !(name.startsWith('EXTERNAL_') && embedding.includes(`\`${name}\``)),
  );
  expect(undocumented).toEqual([]);
  expect(documented.map(({ name }) => name).filter((name) => !names.includes(name))).toEqual([]);
  for (const { name, byDefault } of documented) {
    const value = parsedDefault(name);
    if (typeof value === 'number' || typeof value === 'string') {
      expect(`${name} ${byDefault}`).toBe(`${name} \`${value}\``);
    }
  }
});

function parsedDefault(name: string): unknown {
  const field: unknown = Object.entries(launcherSettings.shape).find(
    ([each]) => each === name,
  )?.[1];
  return field instanceof z.ZodDefault ? field.parse(undefined) : undefined;
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('no setting was refused');
}
