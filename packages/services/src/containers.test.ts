import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

// What can be known about the images and the compose file without an engine to run them.

interface Service {
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
  volumes?: string[];
}

const root = path.resolve(__dirname, '../../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const compose = parse(read('docker/compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const built = services.filter(([, service]) => service.build !== undefined);
const dockerfiles = ['docker/server.Dockerfile', 'docker/worker.Dockerfile'];

/** The sources that read settings, as text: a setting that none of them names has no effect. */
const readers: Record<string, string> = {
  server: read('apps/server/src/settings.ts'),
  'server-a': read('apps/server/src/settings.ts'),
  'server-b': read('apps/server/src/settings.ts'),
  worker: read('apps/worker/src/settings.ts'),
};

function sourceOf(entry: string): string {
  return entry.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
}

test('the compose file names everything an instance consists of', () => {
  expect(services.map(([name]) => name)).toEqual(
    expect.arrayContaining(['postgres', 'redis', 'migrate', 'server', 'server-a', 'worker']),
  );
});

test.each(built)('%s is built from a Dockerfile that exists', (_name, { build }) => {
  const dockerfile = path.join('docker', build?.context ?? '', build?.dockerfile ?? '');
  expect(dockerfiles).toContain(dockerfile);
});

test.each(services)(
  '%s waits only for services that exist',
  (_name, { depends_on: needs = {} }) => {
    for (const [name, { condition }] of Object.entries(needs)) {
      expect(Object.keys(compose.services)).toContain(name);
      expect(condition).toBe(
        name === 'migrate' ? 'service_completed_successfully' : 'service_healthy',
      );
    }
  },
);

test.each(Object.entries(readers))('every setting of %s is one that it reads', (name, source) => {
  const given = Object.keys(compose.services[name]?.environment ?? {});
  expect(given).toContain('DATABASE_URL');
  for (const setting of given) expect([setting, source.includes(setting)]).toEqual([setting, true]);
});

test.each(Object.keys(readers))('%s has time to close before it is killed', (name) => {
  expect(parseInt(compose.services[name]?.stop_grace_period ?? '', 10)).toBeGreaterThan(10);
});

test('data outlives the containers', () => {
  for (const name of ['postgres', 'redis']) {
    const volume = compose.services[name]?.volumes?.[0]?.split(':')[0] ?? '';
    expect(Object.keys(compose.volumes)).toContain(volume);
  }
});

test('the migrations have an entry point', () => {
  const entry = compose.services.migrate?.command?.at(-1) ?? '';
  expect(existsSync(path.join(root, sourceOf(entry)))).toBe(true);
});

describe.each(dockerfiles)('%s', (file) => {
  const text = read(file);

  test('runs an entry point that the build produces', () => {
    const command = /^CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]';
    const entry = (JSON.parse(command) as string[]).at(-1) ?? '';
    expect(existsSync(path.join(root, sourceOf(entry)))).toBe(true);
  });

  test('copies only what is there', () => {
    const copied = [...text.matchAll(/^COPY --from=build \/chasqui\/(\S+)/gm)].map(([, it]) => it);
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'node_modules', 'packages']));
    for (const it of copied.filter((each) => each !== 'node_modules')) {
      expect(existsSync(path.join(root, it ?? ''))).toBe(true);
    }
  });

  test('installs with the Yarn of this repository', () => {
    const { packageManager } = JSON.parse(read('package.json')) as { packageManager: string };
    expect(text).toContain(packageManager.replace('yarn@', '@yarnpkg/cli-dist@'));
  });

  test('does not run as root and tells whether it is well', () => {
    expect(text).toMatch(/^USER node$/m);
    expect(text).toMatch(/^HEALTHCHECK /m);
  });
});
