/** @jest-config-loader esbuild-register */
import type { Config } from 'jest';

const config: Config = {
  rootDir: __dirname,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/apps/*/src/**/*.test.ts', '<rootDir>/packages/*/src/**/*.test.ts'],
  // What takes minutes has a command of its own.
  testPathIgnorePatterns: ['/node_modules/', '\\.long\\.test\\.ts$'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Tests run on sources, so that no build stands between an edit and its test.
  moduleNameMapper: {
    '^@chasqui/([^/]+)$': '<rootDir>/packages/$1/src/index.ts',
    '^@chasqui/([^/]+)/(testing|ports)$': '<rootDir>/packages/$1/src/$2/index.ts',
    '^@chasqui/([^/]+)/([^/]+)$': '<rootDir>/packages/$1/src/$2.ts',
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  modulePathIgnorePatterns: ['/dist/', '<rootDir>/.data/'],
  coveragePathIgnorePatterns: ['/node_modules/', '/dist/'],
  globalSetup: '<rootDir>/packages/testkit/src/jest/globalSetup.ts',
  globalTeardown: '<rootDir>/packages/testkit/src/jest/globalTeardown.ts',
  // What is awaited has bounds of its own (until.ts); this one ends what hangs.
  testTimeout: 180_000,
  // Real servers share the machine with the tests; more workers than cores only adds noise.
  maxWorkers: '100%',
};

export default config;
