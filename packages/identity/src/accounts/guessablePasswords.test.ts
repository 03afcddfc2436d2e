import { ValidationError } from '@chasqui/protocol';
import { dictionary } from '@zxcvbn-ts/language-common';
import { rejectGuessablePassword } from './guessablePasswords';

const ana = { username: 'Ana.Maria', email: 'ana.quispe@Example.org' };
const isRefused = (password: string, context = ana): boolean => {
  try {
    rejectGuessablePassword(password, context, 'password');
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(ValidationError);
    return true;
  }
};

test('the 3,000 most common passwords of 8 characters or more are refused', () => {
  const common = dictionary['passwords-common'].filter(({ length }) => length >= 8).slice(0, 3_000);
  expect(common).toHaveLength(3_000);
  expect(common.filter((password) => !isRefused(password))).toEqual([]);
});

test.each([
  ...[
    'password',
    'PassWord',
    ' password ',
    'ｐａｓｓｗｏｒｄ',
    '12345678',
    '88888888',
    'qwertyuiop',
  ],
  ...[
    'ana.maria',
    'AnaMaria1',
    'anaquispe2024',
    'maria-ana-99',
    'ana.quispe@example.org',
    'quispe!!',
  ],
  ...['chasqui1', 'Chasqui-Chat', 'chasquiana', 'example.org', 'chatchat'],
])('%p is refused', (password) => {
  expect(isRefused(password)).toBe(true);
});

test.each([
  ...['correct horse', 'a long password', 'battery staple', 'ana.maria secret', 'chasqui runner'],
  ...['pppppppp', 'p'.repeat(200), 'eight888', 'ñandú ñandú', '🐎🔋📎✅🐎🔋📎✅', '93015872'],
])('%p is accepted', (password) => {
  expect(isRefused(password)).toBe(false);
});

test('a name too short to be meaningful refuses nothing', () => {
  expect(isRefused('1234a5678', { username: 'a', email: 'a@b.c' })).toBe(false);
});
