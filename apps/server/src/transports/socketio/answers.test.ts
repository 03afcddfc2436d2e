import { ConflictError, UnavailableError } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import { createAnswers } from './answers';

test('a command is answered exactly once', () => {
  const answers = createAnswers({ late: () => undefined });
  const told: object[] = [];
  const answer = answers.expect((said) => told.push(said), 'chat:sync');
  answer.succeed({ seq: 1 });
  answer.succeed({ seq: 2 });
  answer.fail(new ConflictError('late'));
  expect(told).toEqual([{ success: true, seq: 1 }]);
  answers.stop();
});

test('a command without an outcome is answered with UnavailableError within ten seconds', async () => {
  let now = 0;
  const late = jest.fn();
  const answers = createAnswers({ late, now: () => now });
  const told: object[] = [];
  answers.expect((said) => told.push(said), 'chat:sync');
  now = 9_499;
  answers.expect(undefined, 'chat:sync');
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
  now = 9_999;
  await until('the command is answered', () => told.length > 0);
  expect(told).toMatchObject([{ success: false, error: { name: 'UnavailableError' } }]);
  expect(late.mock.calls).toEqual([[expect.any(UnavailableError), 'chat:sync']]);
  answers.stop();
});

test('a command without a callback throws nothing', () => {
  const answers = createAnswers({ late: () => undefined });
  expect(() => answers.expect(undefined, 'chat:sync').succeed({})).not.toThrow();
  answers.stop();
});
