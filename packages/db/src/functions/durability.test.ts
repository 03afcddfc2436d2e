import { functions } from './all';
import { settlePending } from './settlePending';

test('[D1] only settle_pending lowers synchronous_commit: its loss wakes a user once more', () => {
  expect(functions.filter((definition) => definition.includes('synchronous_commit'))).toEqual([
    settlePending,
  ]);
});
