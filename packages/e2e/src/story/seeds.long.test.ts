import { openFaultFixture, type FaultFixture } from '../faults/faultFixture';
import { newStatistics } from './statistics';
import { seeds } from './seeds';
import { runStory } from './runStory';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test.each(seeds)(
  '[L, D, O, U, S] seed %i: %s',
  async (seed) => {
    const statistics = newStatistics();
    expect(await runStory({ fixture, seed, seconds: 10, statistics })).toEqual([]);
  },
  300_000,
);
