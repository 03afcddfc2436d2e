import { openFaultFixture, type FaultFixture } from '../faults/faultFixture';
import { newStatistics } from './statistics';
import { runStory } from './runStory';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

const given = process.env.TEST_SEED;
const fresh = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);

test(`[L, D, O, U, S] a random story has no violations (TEST_SEED=${fresh})`, async () => {
  const statistics = newStatistics();
  const violations = await runStory({
    fixture,
    seed: fresh,
    seconds: 6,
    longestDisruptionMs: 4_000,
    statistics,
  });
  expect({ seed: fresh, violations }).toEqual({ seed: fresh, violations: [] });
  expect(statistics.messages).toBeGreaterThan(40);
}, 300_000);
