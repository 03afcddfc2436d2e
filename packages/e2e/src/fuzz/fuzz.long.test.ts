import { commands, type EndpointName, endpoints } from '@chasqui/protocol';
import { withSeed } from '@chasqui/testkit';
import { attack } from './attack';

/** The attacker is no administrator of the instance. */
const never: EndpointName[] = ['listDeadLetters', 'retryDeadLetter', 'purgeDeadLetter'];

test('[D9] a hundred thousand cases that nobody should ask', async () => {
  await withSeed(async ({ seed }) => {
    const began = performance.now();
    const { faults, asked, answers } = await attack({ seed, count: 100_000 });
    expect(faults).toEqual([]);
    expect(asked).toBeGreaterThanOrEqual(100_000);
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(`${asked} cases in ${seconds} s with TEST_SEED=${seed}\n${table(answers)}`);
    // Whatever there is was asked rightly as well as wrongly.
    const done = Object.keys(answers).filter((what) => / (2\d\d|done)$/.test(what));
    const names = [...Object.keys(endpoints), ...commands.map(({ name }) => name)];
    const missed = names.filter((name) => !done.some((what) => what.startsWith(`${name} `)));
    expect(missed).toEqual(never);
  });
}, 900_000);

function table(answers: Record<string, number>): string {
  const rows = Object.entries(answers).sort(([one], [other]) => one.localeCompare(other));
  return rows.map(([what, times]) => `${String(times).padStart(7)}  ${what}`).join('\n');
}
