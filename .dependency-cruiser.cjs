// The direction of the arrows: apps -> identity, limits, presence, redis -> core -> db -> protocol, foundation.
const mayImport = {
  foundation: [],
  protocol: [],
  settings: ['protocol'],
  db: ['protocol'],
  core: ['db', 'foundation', 'protocol'],
  redis: ['core', 'foundation', 'protocol', 'settings'],
  limits: ['foundation', 'protocol', 'redis', 'settings'],
  identity: ['core', 'db', 'foundation', 'limits', 'protocol', 'settings'],
  presence: ['core', 'foundation', 'identity', 'protocol', 'redis'],
  topics: ['core', 'db', 'foundation', 'protocol'],
  sdk: ['protocol'],
  services: ['settings'],
  testkit: ['db', 'foundation', 'protocol', 'services'],
  e2e: ['foundation', 'protocol', 'sdk', 'testkit'],
  demo: ['foundation', 'protocol', 'sdk', 'services'],
  bench: ['db', 'services', 'testkit'],
};

/** Source that only tests run. */
const TESTS = '\\.test\\.ts$|/src/testing/';

const directions = Object.entries(mayImport).map(([name, allowed]) => ({
  name: `${name}-imports-only-what-lies-below-it`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: TESTS },
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
      name: 'only-tests-and-benches-import-the-test-kit',
      severity: 'error',
      from: {
        path: '^(apps|packages)/',
        pathNot: [
          '^packages/(testkit|e2e|bench)/',
          // What browsers are driven with.
          '^apps/client/src/e2e/',
          TESTS,
        ],
      },
      to: { path: '^packages/(testkit|e2e|[a-z]+/src/testing)/' },
    },
    {
      name: 'apps-do-not-start-services',
      severity: 'error',
      from: { path: '^apps/', pathNot: TESTS },
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
      name: 'core-knows-no-edge',
      comment: 'The rules know no Express, no Socket.IO, no queue and no environment.',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: TESTS },
      to: { path: 'node_modules/(express|socket\\.io|bull|ioredis)/' },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'packages-are-entered-by-their-doors',
      comment: 'What a package offers is in its `exports`: the index, and for tests src/testing.',
      severity: 'error',
      from: { path: '^(apps|packages)/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: ['^$1/$2/', '/src/(index|node|nodeVersion|ports/index|testing/index)\\.ts$'],
      },
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
