import type { Endpoint } from './endpoint';
import { endpoints } from './endpoints';

const rows = Object.values<Endpoint>(endpoints);

test('the endpoints are those of the contract', () => {
  expect(
    rows.map(({ method, path, answers }) => `${method} ${path} ${Object.keys(answers).join()}`),
  ).toEqual([
    'POST /api/auth/register 201',
    'POST /api/auth/login 200',
    'POST /api/auth/refresh 200',
    'POST /api/auth/logout 204',
    'POST /api/auth/password 200',
    'GET /api/sessions 200',
    'DELETE /api/sessions/:id 204',
    'DELETE /api/sessions 204',
    'GET /api/users/me 200',
    'DELETE /api/users/me 204',
    'GET /api/users/me/export 200',
    'GET /api/users/me/privacy 200',
    'PATCH /api/users/me/privacy 200',
    'GET /api/users 200',
    'GET /api/users/:id 200',
    'PUT /api/users/:id/block 204',
    'DELETE /api/users/:id/block 204',
    'GET /api/blocks 200',
    'GET /api/requests 200',
    'GET /api/requests/:id 200',
    'POST /api/requests/:id/accept 200',
    'POST /api/requests/:id/decline 204',
    'POST /api/conversations/direct 200,201',
    'POST /api/conversations/group 200,201',
    'GET /api/conversations 200',
    'GET /api/conversations/:id 200',
    'PATCH /api/conversations/:id 200',
    'GET /api/conversations/:id/participants 200',
    'POST /api/conversations/:id/participants 201,202',
    'PATCH /api/conversations/:id/participants/:userId 200',
    'DELETE /api/conversations/:id/participants/:userId 204',
    'GET /api/conversations/:id/invited 200',
    'POST /api/messages 200,201',
    'GET /api/messages/:conversationId 200',
    'PATCH /api/messages/:messageId 200',
    'DELETE /api/messages/:messageId 204',
    'POST /api/messages/:messageId/status 200',
    'GET /api/messages/:messageId/status 200',
    'POST /api/messages/:messageId/reactions 200,201',
    'DELETE /api/messages/:messageId/reactions/:emoji 204',
    'DELETE /api/messages/:messageId/reactions 204',
    'GET /api/sync 200',
    'GET /api/mercure/token 200',
    'GET /api/admin/deliveries/dead 200',
    'POST /api/admin/deliveries/:userId/retry 204',
    'DELETE /api/admin/deliveries/:userId 204',
    'GET /api/admin/roles 200',
    'PUT /api/admin/roles/:userId 204',
    'DELETE /api/admin/roles/:userId 204',
    'GET /api/admin/users 200',
    'PUT /api/admin/users/:userId/suspension 204',
    'DELETE /api/admin/users/:userId/suspension 204',
    'DELETE /api/admin/users/:userId/sessions 204',
    'POST /api/admin/users/:userId/temporary-password 200',
    'GET /api/admin/invitations 200',
    'POST /api/admin/invitations 201',
    'DELETE /api/admin/invitations/:id 204',
    'GET /healthz 200',
    'GET /readyz 200,503',
  ]);
});

test('every path parameter has a schema, and every schema a parameter', () => {
  for (const { path, params } of rows) {
    const names = [...path.matchAll(/:(\w+)/g)].map(([, name]) => name);
    const shape = params === undefined ? {} : (params as { shape?: object }).shape;
    expect(Object.keys(shape ?? {})).toEqual(names);
  }
});

test('endpoints with input can refuse it', () => {
  for (const { params, query, body, refusals } of rows) {
    const takesInput = [params, query, body].some((schema) => schema !== undefined);
    expect(refusals.includes('ValidationError')).toBe(takesInput);
  }
});
