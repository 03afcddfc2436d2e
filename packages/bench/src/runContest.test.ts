import type { Contender, Contest, Figures, Scope } from './contest';
import { roundsOf, runContest } from './runContest';

const messages: string[] = [];
const done: string[] = [];
beforeEach(() => {
  messages.length = 0;
  done.length = 0;
});

/** A contender that records the calls it receives. */
function contender(
  name: string,
  run: (scope: Scope, round: number) => Figures | Promise<Figures>,
): Contender {
  return {
    name,
    async open(scope) {
      done.push(`${name} opens`);
      scope.onClose(() => done.push(`${name} closes`));
      let round = 0;
      return {
        async run() {
          done.push(`${name} runs`);
          return run(scope, round++);
        },
      };
    },
  };
}

const contest = (...contenders: Contender[]): Contest => ({
  ...{ name: 'row', what: 'a row', contenders },
  comparisons: [
    { figure: 'perSecond', unit: '1/s', project: 'project', peer: 'peer', bound: { atLeast: 0.5 } },
  ],
});

const run = (row: Contest, rounds = 2) =>
  runContest(row, {
    ...{ effort: 'quick', rounds, say: (line) => messages.push(line), opened: () => undefined },
  });

test('contenders run alternately and are closed in reverse order', async () => {
  const lines = await run(
    contest(
      contender('project', (_, round) => ({ perSecond: [60, 90][round] ?? 0 })),
      contender('peer', () => ({ perSecond: 100 })),
    ),
  );
  expect(done).toEqual([
    ...['project opens', 'peer opens', 'project runs', 'peer runs', 'project runs', 'peer runs'],
    ...['peer closes', 'project closes'],
  ]);
  expect(lines).toMatchObject([
    { row: 'row', command: 'yarn bench row', project: 75, peer: 100, ratio: 0.75, met: true },
  ]);
});

test('a peer that is not installed is skipped with a message', async () => {
  const missing = { ...contender('peer', () => ({})), missing: () => 'apt-get install peer' };
  const lines = await run(
    contest(
      contender('project', () => ({ perSecond: 1 })),
      missing,
    ),
  );
  expect(messages[0]).toBe('row: without peer: apt-get install peer');
  expect(lines).toEqual([]);
});

test('an error outside a run ends the row, and everything is closed', async () => {
  const never = new Promise<Figures>(() => undefined);
  const breaking = contender('project', (scope) => {
    scope.fail(new Error('the connection ended'));
    return never;
  });
  await expect(run(contest(breaking))).rejects.toThrow('the connection ended');
  expect(done).toEqual(['project opens', 'project runs', 'project closes']);
});

test('a contender that opens after the end is closed immediately and never runs', async () => {
  let proceed: () => void = () => undefined;
  const late: Contender = {
    name: 'project',
    async open(scope) {
      scope.fail(new Error('broken'));
      await new Promise<void>((resolve) => (proceed = resolve));
      return contender('late', () => ({ perSecond: 1 })).open(scope);
    },
  };
  await expect(run(contest(late))).rejects.toThrow('broken');
  proceed();
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(['late opens', 'late closes']);
});

test('a row may define its number of rounds', () => {
  expect(roundsOf(contest(), 'quick')).toBe(2);
  expect(roundsOf({ ...contest(), rounds: { quick: 6, full: 20 } }, 'full')).toBe(20);
});
