/** A known vulnerability of a dependency, and the first version without it. */
export interface Advisory {
  readonly name: string;
  /** The affected major version; all by default. */
  readonly major?: number;
  /** The first version without it. */
  readonly fixed: string;
  readonly id: string;
  readonly what: string;
}

/**
 * Vulnerabilities known on 2026-11-21, including those that a fresh lock file could bring in. A lower bound instead of
 * the registry's audit, which was not available: older versions fail the test. See SECURITY.md.
 */
export const advisories: readonly Advisory[] = [
  { name: 'socket.io-parser', fixed: '4.2.6', id: 'CVE-2026-33151', what: 'unbounded attachments' },
  {
    name: 'socket.io-parser',
    fixed: '4.2.7',
    id: 'CVE-2026-69185',
    what: 'memory exhaustion by missing attachments',
  },
  {
    name: 'engine.io',
    fixed: '6.6.7',
    id: 'CVE-2026-59725',
    what: 'denial of service by invalid polls',
  },
  {
    name: 'ws',
    major: 8,
    fixed: '8.17.1',
    id: 'CVE-2024-37890',
    what: 'denial of service by many headers',
  },
  { name: 'ws', major: 8, fixed: '8.20.1', id: 'CVE-2026-45736', what: 'uninitialised memory' },
  {
    name: 'ws',
    major: 8,
    fixed: '8.21.0',
    id: 'CVE-2026-48779',
    what: 'memory exhaustion by tiny fragments',
  },
  {
    name: 'sequelize',
    major: 6,
    fixed: '6.37.8',
    id: 'CVE-2026-30951',
    what: 'SQL injection by a JSON key cast',
  },
  { name: 'validator', fixed: '13.15.20', id: 'CVE-2025-56200', what: 'isURL bypass' },
  {
    name: 'lodash',
    fixed: '4.18.0',
    id: 'CVE-2026-2950',
    what: 'prototype pollution by unset and omit',
  },
  { name: 'moment', fixed: '2.29.4', id: 'CVE-2022-31129', what: 'slow parsing' },
  {
    name: 'uuid',
    major: 11,
    fixed: '11.1.1',
    id: 'CVE-2026-41907',
    what: 'writes past a buffer in v3, v5, v6',
  },
  {
    name: 'uuid',
    major: 8,
    fixed: '9.0.0',
    id: 'CVE-2026-41907',
    what: 'as above; 8.x has no fix',
  },
  { name: 'qs', fixed: '6.16.0', id: 'CVE-2026-82417, CVE-2026-82562', what: 'denial of service' },
  {
    name: 'body-parser',
    major: 2,
    fixed: '2.2.1',
    id: 'CVE-2025-13466',
    what: 'denial of service',
  },
  { name: 'path-to-regexp', major: 0, fixed: '0.1.13', id: 'CVE-2026-4867', what: 'slow patterns' },
  { name: 'ioredis', fixed: '4.27.8', id: 'GHSA (4.27.8)', what: 'prototype pollution by hgetall' },
  {
    name: 'vite',
    major: 8,
    fixed: '8.0.16',
    id: 'CVE-2026-53571',
    what: 'files of the development server',
  },
  {
    name: 'esbuild',
    fixed: '0.25.0',
    id: 'GHSA-67mh-4wv8-2f99',
    what: 'its development server, never started here',
  },
  {
    name: 'react-dom',
    major: 19,
    fixed: '19.2.8',
    id: 'CVE-2026-44907',
    what: 'server components, which are not used',
  },
];

/** Whether a version is older than another; ignores pre-release and build suffixes. */
export function isBefore(version: string, other: string): boolean {
  const [left, right] = [version, other].map((text) =>
    (text.split(/[-+]/)[0] ?? '').split('.').map(Number),
  );
  for (let place = 0; place < 3; place += 1) {
    const [one, two] = [left?.[place] ?? 0, right?.[place] ?? 0];
    if (one !== two) return one < two;
  }
  return false;
}
