import { randomUUID } from 'node:crypto';
import { connectDatabase, type Database, fillSearchNames, searchColumns } from '@chasqui/db';
import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import { QueryTypes } from 'sequelize';
import { findUsers } from './findUsers';
import { createIdentityStore, type IdentityStore } from '../identityStore';

let fresh: FreshDatabase;
let db: Database;
let store: IdentityStore;
beforeAll(async () => {
  fresh = await freshDatabase();
  db = connectDatabase({ url: fresh.url });
  store = createIdentityStore(db);
});
afterAll(async () => {
  await db.close();
  await fresh.drop();
});

let people = 0;
function row(displayName: string) {
  const username = `Somebody_${++people}`;
  const email = `${username.toLowerCase()}@example.org`;
  const names = { username, usernameKey: username.toLowerCase(), email, emailKey: email };
  return { id: randomUUID(), ...names, displayName, passwordHash: null };
}

const add = async (displayName: string): Promise<string> =>
  (await store.users.create(row(displayName))).id;

/** Writes a user as a server of the previous release does, without the search form. */
async function addAsBefore(displayName: string): Promise<string> {
  const { id, username, usernameKey, email, emailKey } = row(displayName);
  await db.sequelize.query(
    `INSERT INTO users (id, username, username_key, email, email_key, display_name) VALUES ($1, $2, $3, $4, $5, $6)`,
    { bind: [id, username, usernameKey, email, emailKey, displayName], type: QueryTypes.INSERT },
  );
  return id;
}

const found = async (query: string): Promise<string[]> =>
  (await findUsers(store, { query, after: '', limit: 100 })).map(({ id }) => id);

const names = [
  ...['ΝΙΚΟΣ ΣΑΣ', 'Νίκος Σας', 'İstanbul', 'Işıl', 'Straße', 'Zoë'.normalize('NFD'), 'Ａｎａ'],
  ...['한글'.normalize('NFD'), '李小龍', 'אבג', 'ǅ', '50% o_f \\', 'A\u200dna', '👩‍👩‍👧‍👦', '__proto__'],
  ...['ﷺ'.repeat(100), 'ﬁona', "'; DROP TABLE users; --", '{a,b}', '"quoted"', 'NULL'],
];

test.each(names)('a user is found by the exact display name: %j', async (name) => {
  const id = await add(name);
  for (const query of [name, name.normalize('NFD'), name.normalize('NFC'), name.toUpperCase()]) {
    expect([query, await found(query)]).toEqual([query, expect.arrayContaining([id])]);
  }
});

test('a user written by the previous release is found by a plain name at once, and by any name once the search form is filled in', async () => {
  const plain = await addAsBefore('Plain Old');
  const greek = await addAsBefore('ΑΛΛΟΣ ΣΑΣ');
  expect(await found('plain old')).toEqual([plain]);
  while ((await fillSearchNames(db, 2)) === 2);
  expect(await found('plain old')).toEqual([plain]);
  expect(await found('άλλος σας'.normalize('NFD').replace(/\u0301/g, ''))).toEqual([greek]);
  expect(await fillSearchNames(db, 2)).toBe(0);
});

test('a filled-in search form equals the one a server writes', async () => {
  const id = await addAsBefore('Ana \' " \\ \u2028 {x} 👍');
  while ((await fillSearchNames(db, 500)) === 500);
  const filled = await store.users.unscoped().findByPk(id);
  const { searchKey, searchGrams } = searchColumns(
    filled?.username ?? '',
    filled?.displayName ?? '',
  );
  expect(filled).toMatchObject({ searchKey, searchGrams });
});

test('renaming a user without a search form removes the old name from the search', async () => {
  const id = await add('Old Name');
  await db.sequelize.query("UPDATE users SET display_name = 'Deleted account' WHERE id = $1", {
    bind: [id],
    type: QueryTypes.UPDATE,
  });
  expect(await store.users.unscoped().findByPk(id)).toMatchObject({
    searchKey: null,
    searchGrams: null,
  });
  expect(await found('Old Name')).toEqual([]);
});

test('a page continues after the last name of the previous page', async () => {
  const ids = [await add('Pager'), await add('Pager'), await add('Pager')];
  const first = await findUsers(store, { query: 'pager', after: '', limit: 2 });
  const after = first.at(-1)?.usernameKey ?? '';
  const second = await findUsers(store, { query: 'PAGER', after, limit: 2 });
  expect([...first, ...second].map(({ id }) => id).sort()).toEqual(ids.sort());
});
