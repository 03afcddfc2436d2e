import { newId } from './newId';

test('an id is a UUID of version 7 that begins with its time, and ids are unique', () => {
  const ids = Array.from({ length: 10_000 }, () => newId(0x0123_4567_89ab));
  for (const id of ids) {
    expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  }
  expect(new Set(ids).size).toBe(ids.length);
  expect(newId(1).startsWith('00000000-0001-7')).toBe(true);
});

test('all bits after the time are random, except the version and the variant', () => {
  const seen = Array.from({ length: 16 }, () => ({ ones: 0, zeros: 0 }));
  for (let i = 0; i < 200; i += 1) {
    Buffer.from(newId(0).replaceAll('-', ''), 'hex').forEach((byte, at) => {
      const bits = seen[at];
      if (bits === undefined) return;
      bits.ones |= byte;
      bits.zeros |= ~byte & 0xff;
    });
  }
  const random = seen.slice(6).map(({ ones, zeros }) => ones & zeros);
  expect(random).toEqual([0x0f, 0xff, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
});
