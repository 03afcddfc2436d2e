import { uuid } from '@chasqui/protocol';
import { randomId } from './randomId';

test('ids are distinct UUIDs, with and without crypto.randomUUID', () => {
  const getRandomValues = (bytes: Uint8Array<ArrayBuffer>): Uint8Array =>
    crypto.getRandomValues(bytes);
  const made = Array.from({ length: 200 }, (_, i) =>
    i % 2 === 0 ? randomId() : randomId({ getRandomValues }),
  );
  for (const id of made) expect(uuid.parse(id)).toBe(id);
  expect(new Set(made).size).toBe(made.length);
  expect(made[1]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
