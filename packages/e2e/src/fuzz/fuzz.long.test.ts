import { commands, type EndpointName, endpoints } from '@chasqui/protocol';
import { withSeed } from '@chasqui/testkit';
import { runFuzz } from './runFuzz';

/** The attacker is not an administrator. */
const adminOnly: EndpointName[] = ['listDeadLetters', 'retryDeadLetter', 'purgeDeadLetter'];

test('[D9] a hundred thousand hostile requests get declared answers, store nothing else and leak nothing', async () => {
  await withSeed(async ({ seed }) => {
    const began = performance.now();
    const { violations, sent, answers } = await runFuzz({ seed, count: 100_000 });
    expect(violations).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(100_000);
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(`${sent} cases in ${seconds} s with TEST_SEED=${seed}\n${table(answers)}`);
    // Every endpoint and command also succeeded at least once.
    const done = Object.keys(answers).filter((what) => / (2\d\d|done)$/.test(what));
    const names = [...Object.keys(endpoints), ...commands.map(({ name }) => name)];
    const missed = names.filter((name) => !done.some((what) => what.startsWith(`${name} `)));
    expect(missed).toEqual(adminOnly);
  });
}, 900_000);

function table(answers: Record<string, number>): string {
  const rows = Object.entries(answers).sort(([one], [other]) => one.localeCompare(other));
  return rows.map(([what, times]) => `${String(times).padStart(7)}  ${what}`).join('\n');
}
