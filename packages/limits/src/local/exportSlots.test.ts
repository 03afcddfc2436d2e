import { RateLimitError } from '@chasqui/protocol';
import { createExportSlots } from './exportSlots';

test('one export per user and five per node run at once; a finished one frees its slot', async () => {
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

test('failed work frees its slot', async () => {
  const places = createExportSlots();
  const failing = places.take('a', () => Promise.reject(new Error('broken off')));
  await expect(failing).rejects.toThrow('broken off');
  await expect(places.take('a', async () => 'done')).resolves.toBe('done');
});
