// What `npm run flood` runs once everything is built. Exit code 0 when the others chatted on as if nothing were.
import { parseArgs } from 'node:util';
import { flood, type FloodReport } from './flood';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '1' } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const mib = (all: readonly number[]): string =>
  all.map((bytes) => `${Math.round(bytes / 1024 / 1024)}`).join(' and ');

function tell({ seconds, chats, outcomes, memory, left, wrong }: FloodReport): void {
  say(`${seconds} s of flood at two servers`);
  for (const [kind, { accepted, refused, other }] of Object.entries(outcomes)) {
    say(`  ${kind}: ${accepted} accepted, ${refused} refused, ${other} otherwise`);
  }
  say(
    `${chats.arrived} messages of the others, from the send to the other device: ` +
      `p50 ${chats.p50.toFixed(0)} ms, p99 ${chats.p99.toFixed(0)} ms, worst ${chats.worst.toFixed(0)} ms`,
  );
  say(
    `heap of the servers, MiB: ${mib(memory.before)} before, ${mib(memory.early)} after a third, ` +
      `${mib(memory.late)} at the end; ${left.connections} connections and ${left.descriptors} descriptors left over`,
  );
  for (const why of wrong.slice(0, 20)) say(`  ✗ ${why}`);
}

async function main(): Promise<number> {
  const minutes = Number(values.minutes);
  if (!(minutes > 0))
    throw new Error(`--minutes must be a number above 0, not "${values.minutes}"`);
  const report = await flood({ seconds: minutes * 60, say });
  tell(report);
  return report.wrong.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
