import { conversationRoles, isAtLeast } from './conversationRole';

test('an admin may do everything a moderator may, and a moderator everything a member may', () => {
  const table = conversationRoles.map((role) =>
    conversationRoles.map((other) => isAtLeast(role, other)),
  );
  expect(table).toEqual([
    [true, true, true],
    [false, true, true],
    [false, false, true],
  ]);
});
