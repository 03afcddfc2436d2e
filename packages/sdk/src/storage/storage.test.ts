import { utimesSync } from 'node:fs';
/// <reference lib="dom" />
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createFakeClock, until } from '@chasqui/testkit';
import { StorageError } from '../errors';
import { openFileStorage } from './file/fileStorage';
import { openIndexedDbStorage } from './indexedDbStorage';
import { createMemoryStorage } from './memoryStorage';
import type { Storage } from './storage';

let folder: string;
let newIndexedDb: () => IDBFactory;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'chasqui-storage-'));
  const { IDBFactory, IDBKeyRange } = await import('fake-indexeddb');
  Object.assign(globalThis, { IDBKeyRange });
  newIndexedDb = () => new IDBFactory();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const newFile = (): string => path.join(folder, crypto.randomUUID());

/** For each kind of storage, creates a function that opens the same place repeatedly. */
const kinds: Record<string, () => () => Promise<Storage>> = {
  memory: () => {
    const storage = createMemoryStorage();
    return () => Promise.resolve(storage);
  },
  file: () => {
    const file = newFile();
    return () => openFileStorage(file);
  },
  IndexedDB: () => {
    const factory = newIndexedDb();
    return () => openIndexedDbStorage({ factory });
  },
};

describe.each(Object.entries(kinds))('%s', (_kind, place) => {
  test('returns written values by key, and by prefix in key order', async () => {
    const open = place();
    const storage = await open();
    await storage.write([
      { key: 'a/2', value: { text: 'ñandú 🦙', list: [1, null, 'x'] } },
      { key: 'a/10', value: 'ten' },
      { key: 'b', value: 0 },
    ]);
    await storage.write([{ key: 'a/1', value: false }]);
    expect(await storage.get('b')).toBe(0);
    expect(await storage.get('c')).toBeUndefined();
    expect(await storage.list('a/')).toEqual([
      { key: 'a/1', value: false },
      { key: 'a/10', value: 'ten' },
      { key: 'a/2', value: { text: 'ñandú 🦙', list: [1, null, 'x'] } },
    ]);
    await storage.write([{ key: 'a/1' }, { key: 'never there' }, { key: 'b', value: 1 }]);
    await storage.close();
    await storage.close();

    const again = await open();
    expect((await again.list('')).map(({ key }) => key)).toEqual(['a/10', 'a/2', 'b']);
    expect(await again.get('b')).toBe(1);
    await again.close();
  });

  test('concurrent writes keep their order', async () => {
    const storage = await place()();
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => storage.write([{ key: 'last', value: i }])),
    );
    expect(await storage.get('last')).toBe(199);
    await storage.close();
  });

  test('a stored value does not change when the caller modifies its object', async () => {
    const storage = await place()();
    const value = { list: [1] };
    await storage.write([{ key: 'one', value }]);
    value.list.push(2);
    expect(await storage.get('one')).toEqual({ list: [1] });
    await storage.close();
  });
});

test('[D1] a line cut short by a crash is ignored, and later writes are kept', async () => {
  const file = newFile();
  const first = await openFileStorage(file);
  await first.write([{ key: 'whole', value: 1 }]);
  await first.close();
  await appendFile(file, '[["half",');
  const second = await openFileStorage(file);
  expect(await second.list('')).toEqual([{ key: 'whole', value: 1 }]);
  await second.write([{ key: 'after', value: 2 }]);
  await second.close();
  const third = await openFileStorage(file);
  expect((await third.list('')).map(({ key }) => key)).toEqual(['after', 'whole']);
  await third.close();
});

test('a foreign file is rejected and left unchanged', async () => {
  const file = newFile();
  await writeFile(file, 'a diary\n');
  await expect(openFileStorage(file)).rejects.toThrow(StorageError);
  expect(await readFile(file, 'utf8')).toBe('a diary\n');
});

test('a file has one owner; the lock of a killed owner is taken over', async () => {
  const file = newFile();
  const storage = await openFileStorage(file);
  await expect(openFileStorage(file)).rejects.toThrow(/owns this storage/);
  await storage.close();
  // A process id that does not exist.
  await writeFile(`${file}.lock`, '4194305');
  const successors = await Promise.allSettled([1, 2, 3].map(() => openFileStorage(file)));
  const opened = successors.filter((one) => one.status === 'fulfilled');
  expect(opened).toHaveLength(1);
  await Promise.all(opened.map(({ value }) => value.close()));
});

test('a lock is taken over when its process id has been reused', async () => {
  const file = newFile();
  const first = await openFileStorage(file);
  const owner = JSON.parse(await readFile(`${file}.lock`, 'utf8')) as object;
  await first.close();
  // Process 1 is alive but started at a different time than the owner.
  await writeFile(`${file}.lock`, JSON.stringify({ ...owner, pid: 1 }));
  const second = await openFileStorage(file);
  await second.close();
});

test('a lock from another container is taken over only when its owner stops touching it', async () => {
  const file = newFile();
  const elsewhere = JSON.stringify({ pid: 1, startedAt: '1', scope: 'another container' });
  await writeFile(`${file}.lock`, elsewhere);
  let beats = 0;
  const heartbeat = setInterval(() => {
    beats += 1;
    utimesSync(`${file}.lock`, beats, beats);
  }, 50);
  await expect(openFileStorage(file)).rejects.toThrow(/owns this storage/);
  clearInterval(heartbeat);
  const storage = await openFileStorage(file);
  expect(await readFile(`${file}.lock`, 'utf8')).not.toBe(elsewhere);
  await storage.close();
});

test('overwritten values do not grow the file, and only its owner can read it', async () => {
  const file = newFile();
  const storage = await openFileStorage(file);
  for (let i = 0; i < 50; i += 1) {
    await Promise.all(
      Array.from({ length: 100 }, () => storage.write([{ key: 'same', value: 'x'.repeat(50) }])),
    );
  }
  await storage.close();
  const { size, mode } = await stat(file);
  expect(size).toBeLessThan(300_000);
  expect(mode & 0o777).toBe(0o600);
});

describe('an unresponsive IndexedDB', () => {
  test('opening rejects after six seconds, and a database that opens later is closed', async () => {
    const clock = createFakeClock();
    const request = { onsuccess: () => undefined, result: { close: jest.fn() } };
    const factory = Object.assign(newIndexedDb(), { open: () => request });
    const opening = openIndexedDbStorage({ factory, clock });
    clock.advance(6_000);
    await expect(opening).rejects.toThrow(StorageError);
    request.onsuccess();
    expect(request.result.close).toHaveBeenCalledTimes(1);
  });

  test('a write rejects after ten seconds and does not take effect later', async () => {
    const [clock, factory] = [createFakeClock(), newIndexedDb()];
    const storage = await openIndexedDbStorage({ factory, clock });
    await storage.write([{ key: 'a', value: 1 }]);
    // Another connection holds the store: write transactions run one after the other.
    const other = await new Promise<IDBDatabase>((resolve) => {
      const request = factory.open('chasqui');
      request.onsuccess = () => resolve(request.result);
    });
    const held = other.transaction('values', 'readwrite').objectStore('values');
    let isHeld = true;
    const hold = (): void => {
      if (isHeld) held.get('a').onsuccess = hold;
    };
    hold();
    const writing = storage.write([{ key: 'a', value: 2 }]);
    await until('it waits', () => clock.pending === 1);
    clock.advance(10_000);
    await expect(writing).rejects.toThrow(StorageError);
    isHeld = false;
    expect(await storage.get('a')).toBe(1);
    await storage.write([{ key: 'a', value: 3 }]);
    expect(await storage.get('a')).toBe(3);
    await storage.close();
    other.close();
  });

  test('a database deleted while the page is open is opened again by the next operation', async () => {
    const factory = newIndexedDb();
    const storage = await openIndexedDbStorage({ factory });
    await storage.write([{ key: 'a', value: 1 }]);
    await new Promise((resolve) => (factory.deleteDatabase('chasqui').onsuccess = resolve));
    expect(await storage.get('a')).toBeUndefined();
    await storage.write([{ key: 'a', value: 2 }]);
    expect(await storage.get('a')).toBe(2);
    await storage.close();
  });
});
