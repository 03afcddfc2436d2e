import { ConflictError, UnavailableError } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import { createAnswers } from './answers';

test('a command is answered exactly once', () => {
  const answers = createAnswers({ late: () => undefined });
  const received: object[] = [];
  const answer = answers.expect((answer) => received.push(answer), 'chat:sync');
  answer.succeed({ seq: 1 });
  answer.succeed({ seq: 2 });
  answer.fail(new ConflictError('late'));
  expect(received).toEqual([{ success: true, seq: 1 }]);
  answers.stop();
});

test('a command without an outcome is answered with UnavailableError within ten seconds', async () => {
  let now = 0;
  const late = jest.fn();
  const answers = createAnswers({ late, now: () => now });
  const received: object[] = [];
  answers.expect((answer) => received.push(answer), 'chat:sync');
  now = 9_499;
  answers.expect(undefined, 'chat:sync');
  await new Promise((resolve) => setImmediate(resolve));
  expect(received).toEqual([]);
  now = 9_999;
  await until('the command is answered', () => received.length > 0);
  expect(received).toMatchObject([{ success: false, error: { name: 'UnavailableError' } }]);
  expect(late.mock.calls).toEqual([[expect.any(UnavailableError), 'chat:sync']]);
  answers.stop();
});

test('a command without a callback throws nothing', () => {
  const answers = createAnswers({ late: () => undefined });
  expect(() => answers.expect(undefined, 'chat:sync').succeed({})).not.toThrow();
  answers.stop();
});
