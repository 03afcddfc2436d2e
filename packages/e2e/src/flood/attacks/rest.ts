import type { Attack } from './attack';

// Requests that are cheap to send and once were expensive to answer.

const array = (item: string): string =>
  `{"title":"x","participant_ids":[${Array<string>(Math.floor(130_000 / (item.length + 1)))
    .fill(item)
    .join(',')}]}`;
const arrays = [
  array('"x"'),
  array('1'),
  array('"00000000-0000-4000-8000-000000000000"'),
  array('[]'),
];
const ONE_ADDRESS = '198.51.100.7';

export const restAttacks: readonly Attack[] = [
  {
    name: 'headers',
    begin({ pace, http }) {
      const spaces = ' '.repeat(11_000);
      const all: Record<string, string>[] = [
        { 'content-type': `application/json${spaces}x` },
        { 'content-type': `application/json;${spaces}` },
        { accept: 'text/html,'.repeat(1_000) },
        { 'x-forwarded-for': '1.1.1.1,'.repeat(1_000) },
        { authorization: `Bearer ${spaces}` },
        { cookie: 'a=b;'.repeat(2_000) },
        { origin: `http://${'a.'.repeat(4_000)}` },
        Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`x-${i}`, 'x'])),
      ];
      pace(200, (n) =>
        http({
          ...{ kind: 'headers', n, method: 'POST', path: '/api/auth/login', isOpen: true },
          ...{ body: '{}', headers: all[n % all.length] ?? {} },
        }),
      );
    },
  },
  {
    name: 'arrays',
    begin: ({ pace, http }) =>
      void pace(30, (n) =>
        http({
          ...{ kind: 'arrays', n, method: 'POST', path: '/api/conversations/group' },
          body: arrays[n % arrays.length] ?? '',
        }),
      ),
  },
  {
    // Many accounts from one address.
    name: 'searches-by-many',
    begin({ pace, http }) {
      pace(
        400,
        (n) =>
          http({
            ...{ kind: 'searches by many', n, method: 'GET', address: ONE_ADDRESS },
            path: `/api/users?query=${['att', 'a', 'flood', 'e'][n % 4]}`,
          }),
        200,
      );
      pace(
        400,
        (n) =>
          http({
            ...{ kind: 'reads by many', n, method: 'GET', address: ONE_ADDRESS },
            path: '/api/conversations?limit=100',
          }),
        200,
      );
    },
  },
  {
    name: 'exports',
    begin: ({ pace, http }) =>
      void pace(50, (n) =>
        http({ kind: 'exports', n, method: 'GET', path: '/api/users/me/export' }),
      ),
  },
  {
    name: 'reactions',
    begin({ pace, http, attacker }) {
      pace(200, (n) =>
        http({
          ...{ kind: 'reactions', n, method: 'POST' },
          path: `/api/messages/${attacker(0).messageId}/reactions`,
          body: { emoji: n % 3 ? String.fromCodePoint(0x1f600 + (n % 79)) : 'x'.repeat(30) },
        }),
      );
    },
  },
];
