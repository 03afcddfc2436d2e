import { functions } from './all';
import { settlePending } from './settlePending';

test('[D1] only a function whose loss wakes somebody once more lowers synchronous_commit', () => {
  expect(functions.filter((definition) => definition.includes('synchronous_commit'))).toEqual([
    settlePending,
  ]);
});
