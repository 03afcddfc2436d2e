import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { serverSettings, workerSettings } from '@chasqui/settings';
import { parse } from 'yaml';

// Checks of the images and the compose file that need no container engine.

interface Service {
  build?: { context: string; dockerfile: string };
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  stop_grace_period?: string;
  volumes?: string[];
  image?: string;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  tmpfs?: string[];
  pids_limit?: number;
  mem_limit?: string;
  cpus?: number;
  networks?: string[];
  ports?: string[];
  logging?: { options?: Record<string, string> };
  healthcheck?: { test?: string[]; disable?: boolean };
}

const root = path.resolve(__dirname, '../../../..');
const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
const compose = parse(read('docker/compose.yaml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean } | null>;
};
const services = Object.entries(compose.services);
const built = services.filter(([, service]) => service.build !== undefined);
const dockerfiles = ['docker/server.Dockerfile', 'docker/worker.Dockerfile'];

/** The settings that each program reads; any other setting would have no effect. */
const readers = {
  server: serverSettings,
  'server-a': serverSettings,
  'server-b': serverSettings,
  worker: workerSettings,
} as const;

function sourceOf(entry: string): string {
  return entry.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
}

test('the compose file contains every part of an instance', () => {
  expect(services.map(([name]) => name)).toEqual(
    expect.arrayContaining(['postgres', 'redis', 'migrate', 'server', 'server-a', 'worker']),
  );
});

test.each(built)('%s is built from an existing Dockerfile', (_name, { build }) => {
  const dockerfile = path.join('docker', build?.context ?? '', build?.dockerfile ?? '');
  expect(dockerfiles).toContain(dockerfile);
});

test.each(services)('%s depends only on existing services', (_name, { depends_on: needs = {} }) => {
  for (const [name, { condition }] of Object.entries(needs)) {
    expect(Object.keys(compose.services)).toContain(name);
    expect(condition).toBe(
      name === 'migrate' ? 'service_completed_successfully' : 'service_healthy',
    );
  }
});

test.each(Object.entries(readers))('%s reads every setting that it is given', (name, { shape }) => {
  const given = Object.keys(compose.services[name]?.environment ?? {});
  expect(given).toContain('DATABASE_URL');
  expect(given.filter((setting) => !(setting in shape))).toEqual([]);
});

test.each(Object.keys(readers))('%s has time to shut down before it is killed', (name) => {
  expect(parseInt(compose.services[name]?.stop_grace_period ?? '', 10)).toBeGreaterThan(10);
});

test('data is stored in volumes', () => {
  for (const name of ['postgres', 'redis']) {
    const volume = compose.services[name]?.volumes?.[0]?.split(':')[0] ?? '';
    expect(Object.keys(compose.volumes)).toContain(volume);
  }
});

test('the migrations have an entry point', () => {
  const entry = compose.services.migrate?.command?.at(-1) ?? '';
  expect(existsSync(path.join(root, sourceOf(entry)))).toBe(true);
});

test.each(services)(
  '%s runs without root, capabilities, a writable disk or unlimited resources',
  (_, it) => {
    expect(it.user).toMatch(/^(node|postgres|redis|nginx)$/);
    expect(it).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number) as unknown,
      mem_limit: expect.stringMatching(/^\d+[mg]$/) as unknown,
      cpus: expect.any(Number) as unknown,
      logging: { options: { 'max-size': '10m', 'max-file': '5' } },
    });
    expect(it.tmpfs).toContain('/tmp');
  },
);

test('every service except the migrations has a health check', () => {
  const unchecked = services.filter(
    ([, { build, healthcheck }]) =>
      healthcheck?.disable === true || (build === undefined && healthcheck?.test === undefined),
  );
  expect(unchecked.map(([name]) => name)).toEqual(['migrate']);
});

test('images have exact versions', () => {
  const named = services.flatMap(([, { build, image }]) => (build === undefined ? [image] : []));
  const bases = dockerfiles.flatMap((file) =>
    [...read(file).matchAll(/^FROM (\S+)/gm)].map(([, image]) => image),
  );
  for (const image of [...named, ...bases]) expect(image).toMatch(/:\d+\.\d+(\.\d+)?-/);
});

test('PostgreSQL and Redis cannot be reached from outside', () => {
  expect(compose.networks.stores?.internal).toBe(true);
  for (const name of ['postgres', 'redis', 'migrate', 'worker']) {
    expect(compose.services[name]).toMatchObject({ networks: ['stores'] });
    expect(compose.services[name]?.ports).toBeUndefined();
  }
  expect(compose.services.nginx?.networks).toEqual(['public']);
});

test('no password or secret has a default, and makeEnv.sh generates each', () => {
  const text = read('docker/compose.yaml');
  const secret = /(PASSWORD|JWT_SECRET)$/;
  const used = [...text.matchAll(/\$\{(\w+)([^}]*)\}/g)].filter(([, name = '']) =>
    secret.test(name),
  );
  expect(used.length).toBeGreaterThanOrEqual(7);
  for (const [, name = '', otherwise] of used) {
    expect([name, otherwise]).toEqual([name, ':?run docker/makeEnv.sh']);
    expect(read('docker/makeEnv.sh')).toContain(name);
  }
});

test('server and worker use a role that owns nothing, and the migrations use the owner', () => {
  const roleOf = (name: string) =>
    /postgres:\/\/(\w+):/.exec(compose.services[name]?.environment?.DATABASE_URL ?? '')?.[1];
  const names = ['server', 'server-a', 'worker', 'migrate'];
  expect(names.map(roleOf)).toEqual([
    ...['chasqui_app', 'chasqui_app', 'chasqui_app', 'chasqui_owner'],
  ]);
  expect(read('docker/postgres/roles.sh')).toMatch(/ROLE chasqui_app WITH LOGIN NOSUPERUSER/);
});

test('Redis requires a password', () => {
  expect(compose.services.redis?.command?.at(-1)).toContain('requirepass $$REDIS_PASSWORD');
  expect(compose.services.server?.environment?.REDIS_URL).toContain('REDIS_PASSWORD');
});

describe.each(dockerfiles)('%s', (file) => {
  const text = read(file);

  test('runs an entry point that the build produces', () => {
    const command = /^CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]';
    const entry = (JSON.parse(command) as string[]).at(-1) ?? '';
    expect(existsSync(path.join(root, sourceOf(entry)))).toBe(true);
  });

  test('copies only existing files', () => {
    const copied = [...text.matchAll(/^COPY --from=build \/chasqui\/(\S+)/gm)].map(([, it]) => it);
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'node_modules', 'packages']));
    for (const it of copied.filter((each) => each !== 'node_modules')) {
      expect(existsSync(path.join(root, it ?? ''))).toBe(true);
    }
  });

  test('installs with the Yarn version of this repository', () => {
    const { packageManager } = JSON.parse(read('package.json')) as { packageManager: string };
    expect(text).toContain(packageManager.replace('yarn@', '@yarnpkg/cli-dist@'));
  });

  test('leaves development tools and secrets out of the image', () => {
    expect(text).toMatch(/workspaces focus @pern\/\w+ --production/);
    expect(text).not.toMatch(/^(ARG|ENV) .*(SECRET|PASSWORD|TOKEN|DATABASE_URL)/m);
    expect(read('.dockerignore').split('\n')).toEqual(
      expect.arrayContaining(['.git', '.data', '**/.env', '**/node_modules']),
    );
  });

  test('does not run as root and has a health check', () => {
    expect(text).toMatch(/^USER node$/m);
    expect(text).toMatch(/^HEALTHCHECK /m);
  });
});
