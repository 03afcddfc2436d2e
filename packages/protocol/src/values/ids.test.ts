import { isUuid, position, seqNumber, uuid } from './ids';

const id = '0190B3C4-1111-7222-8333-44445555ABCD';

test('ids are accepted in either case and returned in lower case', () => {
  expect(uuid.parse(id)).toBe(id.toLowerCase());
  expect(uuid.parse('00000000-0000-0000-0000-000000000000')).toBeDefined();
  expect(isUuid(id)).toBe(true);
});

test.each([null, undefined, 1, [id], { $ne: id }, '', ` ${id}`, `${id}\n`, `{${id}}`, id.slice(1)])(
  'no id: %j',
  (value) => {
    expect(uuid.safeParse(value).success).toBe(false);
    expect(isUuid(value)).toBe(false);
  },
);

test('[D3] a seq is a whole number from 1 to 2^53-1', () => {
  expect(seqNumber.parse(1)).toBe(1);
  expect(seqNumber.parse(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  for (const bad of [0, -1, 1.5, NaN, Infinity, 2 ** 53, 2 ** 63, '1', null, [1], true]) {
    expect(seqNumber.safeParse(bad).success).toBe(false);
  }
  expect(position.parse(0)).toBe(0);
});
