import { conversationRoles, isAtLeast } from './conversationRole';

test('an admin may do what a moderator may, and a moderator what a member may', () => {
  const table = conversationRoles.map((role) =>
    conversationRoles.map((other) => isAtLeast(role, other)),
  );
  expect(table).toEqual([
    [true, true, true],
    [false, true, true],
    [false, false, true],
  ]);
});
