import { parse, validate, version } from 'uuid';
import { newMessageId } from './messageIds';

test('an id is a UUID of version 7 that begins with its time, and no two are the same', () => {
  const ids = Array.from({ length: 10_000 }, () => newMessageId(0x0123_4567_89ab));
  for (const id of ids) {
    expect(validate(id) && version(id)).toBe(7);
    expect(id.startsWith('01234567-89ab-7')).toBe(true);
  }
  expect(new Set(ids).size).toBe(ids.length);
  expect(newMessageId(1).startsWith('00000000-0001-7')).toBe(true);
});

test('all bits after the time are drawn', () => {
  const seen = Array.from({ length: 16 }, () => ({ ones: 0, zeros: 0 }));
  for (let i = 0; i < 200; i += 1) {
    parse(newMessageId(0)).forEach((byte, at) => {
      const bits = seen[at];
      if (bits === undefined) return;
      bits.ones |= byte;
      bits.zeros |= ~byte & 0xff;
    });
  }
  // Version and variant are given.
  const drawn = seen.slice(6).map(({ ones, zeros }) => ones & zeros);
  expect(drawn).toEqual([0x0f, 0xff, 0x3f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
});
