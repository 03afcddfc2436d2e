// The direction of the arrows: server, worker -> delivery, redis -> db -> protocol.
const mayImport = {
  protocol: [],
  db: ['protocol'],
  delivery: ['db', 'protocol'],
  settings: ['protocol'],
  redis: ['delivery', 'protocol', 'settings'],
  sdk: ['protocol'],
  services: ['settings'],
  testing: ['db', 'delivery', 'protocol', 'redis', 'sdk', 'services', 'settings'],
  bench: ['db', 'services', 'testing'],
};

const directions = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `${name}-imports-only-what-lies-below-it`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: '\\.test\\.ts$' },
  to: {
    path: '^(packages|apps)/',
    pathNot: [name, ...allowed].map((below) => `^packages/${below}/`),
  },
}));

module.exports = {
  forbidden: [
    ...directions,
    {
      name: 'nothing-imports-an-app',
      comment: 'Server and worker meet in PostgreSQL rows and in the queue, never in code.',
      severity: 'error',
      from: { path: '^(apps|packages)/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$2/' },
    },
    {
      name: 'only-tests-and-benches-import-testing',
      severity: 'error',
      from: {
        path: '^(apps|packages)/',
        pathNot: [
          '^packages/(testing|bench)/',
          // What browsers are driven with.
          '^apps/client/src/e2e/',
          '\\.test\\.ts$',
        ],
      },
      to: { path: '^packages/testing/' },
    },
    {
      name: 'apps-do-not-start-services',
      severity: 'error',
      from: { path: '^apps/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/services/' },
    },
    {
      name: 'the-client-knows-the-library-and-the-words-alone',
      comment: 'What it shows comes over the published contract, by way of the sdk.',
      severity: 'error',
      from: { path: '^apps/client/src/', pathNot: '\\.test\\.ts$|^apps/client/src/e2e/' },
      to: { path: '^packages/', pathNot: '^packages/(sdk|protocol)/' },
    },
    {
      name: 'delivery-knows-no-edge',
      comment: 'The rules know no Express, no Socket.IO, no queue and no environment.',
      severity: 'error',
      from: { path: '^packages/delivery/src/', pathNot: '\\.test\\.ts$' },
      to: { path: 'node_modules/(express|socket\\.io|bull|ioredis)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'everything-imported-exists',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/dist/'] },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['types', 'require', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.json'],
    },
  },
};
