import { openFaultFixture } from '../faults/faultFixture';
import {
  type Instance,
  type People,
  type Person,
  type Program,
  startProgram,
} from '@chasqui/testkit';
import type { Attacker, AttackOrder, Outcomes } from './attackOrder';
import { OUTCOMES } from './attackOrder';
import { allAttacks } from './attacks/allAttacks';
import { startChatters } from './chatters';
import { type AttackReport, type FloodReport, formatAttack, latencyOf } from './floodReport';
import { floodViolations } from './floodViolations';
import { cpuSecondsOf, metricsAfterCollection, metricsOfAll, remainder } from './nodeMetrics';

export interface FloodOptions {
  /** Duration of all attacks together. */
  seconds: number;
  /** Names of attacks; all by default. */
  only?: readonly string[];
  say?: (line: string) => void;
  /** Upper bound of the p99 of other people's messages; one second by default. */
  p99MaxMs?: number;
}

/** Many accounts, because together they may do far more than one user. */
const ATTACKERS = 24;
const PAIRS = 10;
/** Per node, in MiB: small enough that a leak kills the process. */
const HEAP_MIB = 192;
const P99_MAX_MS = 1_000;

/** Collects garbage on SIGUSR2, because V8 may delay a collection indefinitely. */
const collector = `import { setFlagsFromString } from 'node:v8'; import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc'); const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => collect());`;

/** Runs one attack after the other on two small nodes while ten pairs chat normally, and checks the results. */
export async function flood({
  seconds,
  only,
  say = () => undefined,
  p99MaxMs = P99_MAX_MS,
}: FloodOptions): Promise<FloodReport> {
  const names = allAttacks.map(({ name }) => name).filter((name) => only?.includes(name) ?? true);
  const unknown = only?.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`there is no attack "${unknown}"`);
  const NODE_OPTIONS = `--max-old-space-size=${HEAP_MIB} --import=data:text/javascript,${encodeURIComponent(collector)}`;
  const limited = { RATE_LIMIT: 'on', TRUST_PROXY: '127.0.0.1', NODE_OPTIONS };
  const fixture = await openFaultFixture({ proxied: false, envOf: [limited, limited] });
  const { instance, people } = fixture;
  try {
    const chatters = await startChatters(people, PAIRS);
    const order = await registerAttackers(instance, people);
    const before = await metricsAfterCollection(instance);
    const calm = chatters.arrivals.length;
    say(`${PAIRS} pairs chat, and ${ATTACKERS} users and many unauthenticated clients attack`);
    const attacks: AttackReport[] = [];
    const ended: string[] = [];
    for (const name of names) {
      const from = chatters.arrivals.length;
      const report = await runAttack({ ...order, attack: name }, seconds / names.length, instance);
      const chats = latencyOf(chatters.arrivals.slice(from));
      attacks.push({ ...report, chats });
      say(formatAttack({ ...report, chats }));
      ended.push(
        ...instance.nodes
          .filter(({ program }) => !program.isRunning())
          .map(
            ({ program }, i) => `node ${i} exited during ${name}: ${program.output().slice(-500)}`,
          ),
      );
      if (ended.length > 0) break;
    }
    const chats = latencyOf(chatters.arrivals.slice(calm));
    const lost = await chatters.stop();
    const { left, after } =
      ended.length > 0
        ? { left: { connections: 0, descriptors: 0 }, after: before }
        : await remainder(instance, before);
    const report = { seconds, chats, attacks, left, memory: { before, after } };
    const undelivered = lost.map((id) => `${id} was acknowledged but never arrived`);
    return {
      ...report,
      violations: [
        ...ended,
        ...undelivered,
        ...chatters.violations(),
        ...floodViolations(report, p99MaxMs),
      ],
    };
  } finally {
    await fixture.close();
  }
}

/** Registers the attackers with a group, and a message of each in it. */
async function registerAttackers(
  instance: Instance,
  people: People,
): Promise<Omit<AttackOrder, 'attack'>> {
  const users: Person[] = [];
  // One at a time, because each costs a password hash and those have a time limit.
  while (users.length < ATTACKERS) users.push(await people.register('attacker'));
  const [first, ...others] = users;
  if (first === undefined) throw new Error('there are no attackers');
  const { id: conversationId } = await people.group(first, ...others);
  const attackers = await Promise.all(
    users.map(async (person): Promise<Attacker> => {
      const { id: messageId } = await person.send(conversationId, 'to be edited');
      return { userId: person.id, token: person.token, conversationId, messageId };
    }),
  );
  const victim = (await people.register('victim')).username;
  return { urls: instance.nodes.map(({ url }) => url), attackers, victim };
}

async function runAttack(
  order: AttackOrder,
  seconds: number,
  instance: Instance,
): Promise<Omit<AttackReport, 'chats'>> {
  const program = await startProgram({
    entry: 'packages/e2e/dist/flood/attackerProgram.js',
    env: { FLOOD: JSON.stringify(order) },
    readyMessage: 'flooding',
  });
  try {
    const began = performance.now();
    let residentMax = 0;
    const cpuBefore = await cpuSecondsOf(instance);
    while (performance.now() - began < seconds * 1_000) {
      // Not awaited, because a node that does not respond must not prolong the attack.
      metricsOfAll(instance).then(
        (nodes) => (residentMax = Math.max(residentMax, ...nodes.map(({ resident }) => resident))),
        () => undefined,
      );
      if (instance.nodes.some((node) => !node.program.isRunning())) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const tookS = (performance.now() - began) / 1_000;
    const cpuAfter = await cpuSecondsOf(instance);
    const cpu = Math.max(...cpuAfter.map((used, i) => used - (cpuBefore[i] ?? 0))) / tookS;
    return { name: order.attack, outcomes: outcomesOf(program), residentMax, cpu };
  } finally {
    await program.kill();
  }
}

function outcomesOf(attack: Program): Outcomes {
  const line = attack
    .output()
    .split('\n')
    .findLast((text) => text.includes(`"${OUTCOMES}"`));
  const said: unknown = JSON.parse(line ?? '{}');
  return (said as { outcomes?: Outcomes }).outcomes ?? {};
}
