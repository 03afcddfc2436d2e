import { RateLimitError } from '@chasqui/protocol';
import { createExportSlots } from './exportSlots';

test('a user is sent one export at a time, a node sends five, and an end frees the place', async () => {
  const places = createExportSlots();
  const ends: (() => void)[] = [];
  const begin = (user: string): Promise<void> =>
    places.take(user, () => new Promise((resolve) => ends.push(resolve)));
  const running = ['a', 'b', 'c', 'd', 'e'].map(begin);
  await expect(begin('a')).rejects.toThrow(RateLimitError);
  await expect(begin('f')).rejects.toMatchObject({ retryAfterSeconds: 30 });
  ends[0]?.();
  await running[0];
  running.push(begin('f'));
  expect(ends).toHaveLength(6);
  await expect(places.take('g', async () => undefined)).rejects.toThrow(RateLimitError);
  for (const end of ends) end();
  await Promise.all(running);
  await expect(places.take('a', async () => 'done')).resolves.toBe('done');
});

test('work that fails frees its place', async () => {
  const places = createExportSlots();
  const failing = places.take('a', () => Promise.reject(new Error('broken off')));
  await expect(failing).rejects.toThrow('broken off');
  await expect(places.take('a', async () => 'done')).resolves.toBe('done');
});
