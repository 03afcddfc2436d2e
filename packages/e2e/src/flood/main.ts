// The program behind `npm run flood`. Exits with 0 if other people could chat normally during the attacks.
import { parseArgs } from 'node:util';
import { allAttacks } from './attacks/allAttacks';
import { flood } from './flood';
import type { FloodReport } from './floodReport';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    only: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const mib = (all: readonly number[]): string =>
  all.map((bytes) => `${Math.round(bytes / 1024 / 1024)}`).join(' and ');

function print({ seconds, chats, attacks, memory, left, violations }: FloodReport): void {
  const [worst] = [...attacks].sort((a, b) => b.chats.worst - a.chats.worst);
  say(`${seconds} s of attacks on two servers`);
  say(
    `${chats.arrived} messages of other people, from send to arrival: ` +
      `p50 ${chats.p50.toFixed(0)} ms, p99 ${chats.p99.toFixed(0)} ms, worst ${chats.worst.toFixed(0)} ms` +
      ` (during ${worst?.name ?? 'nothing'})`,
  );
  for (const figure of ['heap', 'resident'] as const) {
    const of = (all: FloodReport['memory']['before']) => mib(all.map((node) => node[figure]));
    say(
      `${figure} memory of the servers, MiB: ${of(memory.before)} before, ${of(memory.after)} after`,
    );
  }
  say(`${left.connections} connections and ${left.descriptors} descriptors remain`);
  for (const why of violations.slice(0, 20)) say(`  ✗ ${why}`);
}

async function main(): Promise<number> {
  if (values.list) {
    for (const { name } of allAttacks) say(name);
    return 0;
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0))
    throw new Error(`--minutes must be a number above 0, not "${values.minutes}"`);
  const only = values.only?.split(',');
  const report = await flood({ seconds: minutes * 60, say, ...(only && { only }) });
  print(report);
  return report.violations.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
