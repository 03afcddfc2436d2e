import { createByteBudget } from './byteBudget';

function openBudget(maxBytes: number) {
  let time = 0;
  const closed: string[] = [];
  const budget = createByteBudget({ maxBytes, now: () => time });
  return {
    budget,
    closed,
    pass: (ms: number) => (time += ms),
    account: (name: string) => budget.open(() => closed.push(name)),
  };
}

test('within the budget nothing is closed, and ended accounts hold nothing', () => {
  const { budget, account, closed } = openBudget(100);
  const [a, b] = [account('a'), account('b')];
  a.set(60);
  b.set(40);
  a.set(10);
  b.set(90);
  expect(budget.held()).toBe(100);
  b.end();
  b.end();
  b.set(500);
  expect(budget.held()).toBe(10);
  expect(closed).toEqual([]);
});

test('the account that held most for longest is closed first, until three quarters are held', () => {
  const { budget, account, closed, pass } = openBudget(100);
  const [large, old, fresh] = [account('large'), account('old'), account('fresh')];
  old.set(20);
  pass(10);
  large.set(60);
  pass(10);
  fresh.set(21);
  expect(closed).toEqual(['large']);
  expect(budget.held()).toBe(41);
  expect(budget.closed()).toBe(1);
  large.set(1_000);
  large.end();
  expect(budget.held()).toBe(41);
});

test('a trickling reader stays the oldest; a reader who empties the account starts over', () => {
  const { account, closed, pass } = openBudget(100);
  const [trickle, honest] = [account('trickle'), account('honest')];
  trickle.set(50);
  honest.set(50);
  pass(1_000);
  trickle.set(49);
  honest.set(0);
  honest.set(50);
  pass(10);
  account('another').set(2);
  expect(closed).toEqual(['trickle']);
});

test('an account larger than the whole budget is closed by its own write', () => {
  const { budget, account, closed } = openBudget(100);
  account('huge').set(101);
  expect(closed).toEqual(['huge']);
  expect(budget.held()).toBe(0);
});

test('closing is rare: each time frees a quarter of the budget', () => {
  let reliefs = 0;
  const budget = createByteBudget({
    maxBytes: 1_000,
    now: () => 0,
    onRelief: () => (reliefs += 1),
  });
  for (let i = 0; i < 1_000; i += 1) budget.open(() => undefined).set(10);
  expect(budget.held()).toBeLessThanOrEqual(1_000);
  expect(reliefs).toBeLessThan(1_000 / 24);
});
