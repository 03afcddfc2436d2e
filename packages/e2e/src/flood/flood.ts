import { figuresOf } from '../faults/figures';
import { openScene } from '../faults/scene';
import {
  type Instance,
  type People,
  type Person,
  type Program,
  startProgram,
  until,
} from '@chasqui/testkit';
import { percentile } from '../story/figures';
import type { Attacker, AttackOrder, Outcomes } from './attackOrder';
import { OUTCOMES } from './attackOrder';
import { allAttacks } from './attacks/allAttacks';
import { everyLimit, SENDERS } from './attacks/everyLimit';
import { startChatters } from './chatters';

/** Messages of the others, from the send to the other's device, milliseconds. */
export interface Latency {
  arrived: number;
  p50: number;
  p99: number;
  worst: number;
}

export interface AttackReport {
  name: string;
  chats: Latency;
  outcomes: Outcomes;
  /** The most that a node took while it lasted, bytes. */
  residentMax: number;
  /** The part of a core that the busier node used; says more than latency where the machine is busy otherwise. */
  cpu: number;
}

/** What a flood came to. Memory in bytes. */
export interface FloodReport {
  seconds: number;
  chats: Latency;
  attacks: AttackReport[];
  /** Per node, after its garbage was collected. */
  memory: { before: Memory[]; after: Memory[] };
  /** Connections once everybody is gone, and descriptors beyond those before the attackers came, of both nodes. */
  left: { connections: number; descriptors: number };
  /** What must not be, in words; nothing when all is well. */
  wrong: string[];
}

interface Memory {
  heap: number;
  resident: number;
}

export interface FloodOptions {
  /** Of all attacks together. */
  seconds: number;
  /** Names of attacks; all of them unless told. */
  only?: readonly string[];
  say?: (line: string) => void;
  /** What the 99th of a hundred messages of the others may take; a second unless told. */
  p99MaxMs?: number;
}

/** Many accounts: what a user may do is little beside what all of them may. */
const ATTACKERS = 24;
const PAIRS = 10;
const MIB = 1024 * 1024;
/** Of each node, in MiB: a small machine, and little enough that whatever is kept ends it. */
const HEAP_MIB = 192;
/** What may stay of the heap once everybody is gone; 10,000 connections or names would show. */
const HEAP_MAX = 48 * MIB;
/** The allocator of C gives pages back as it likes. */
const RESIDENT_MAX = 200 * MIB;
const P99_MAX_MS = 1_000;
/** Pools may have grown. */
const DESCRIPTORS_MAX = 60;
/** The program of the attackers counts a little longer than the given time. */
const LATE = 1.2;
/** By REST each waits for its answers, so how soon a burst is used up is for the machine to say. */
const KINDS = ['send', 'typing', 'sync', 'unknown', 'presence'];

/** Lets a process collect its garbage when it is told to: V8 alone may leave it for as long as it likes. */
const collector = `import { setFlagsFromString } from 'node:v8'; import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc'); const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => collect());`;

/** Two small nodes are attacked in one way after the other, while ten pairs chat as usual. Judges what came of it. */
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
  const scene = await openScene({ wired: false, envOf: [limited, limited] });
  const { instance, people } = scene;
  try {
    const chatters = await startChatters(people, PAIRS);
    const order = await gather(instance, people);
    const before = await collected(instance);
    const calm = chatters.arrivals.length;
    say(`${PAIRS} pairs chat, and ${ATTACKERS} people and many strangers attack`);
    const attacks: AttackReport[] = [];
    const ended: string[] = [];
    for (const name of names) {
      const from = chatters.arrivals.length;
      const report = await runAttack({ ...order, attack: name }, seconds / names.length, instance);
      const chats = latencyOf(chatters.arrivals.slice(from));
      attacks.push({ ...report, chats });
      say(lineOf({ ...report, chats }));
      ended.push(
        ...instance.nodes
          .filter(({ program }) => !program.isRunning())
          .map(
            ({ program }, i) => `node ${i} ended during ${name}: ${program.output().slice(-500)}`,
          ),
      );
      if (ended.length > 0) break;
    }
    const chats = latencyOf(chatters.arrivals.slice(calm));
    const lost = await chatters.stop();
    const { left, after } =
      ended.length > 0
        ? { left: { connections: 0, descriptors: 0 }, after: before }
        : await settled(instance, before);
    const report = { seconds, chats, attacks, left, memory: { before, after } };
    const unheard = lost.map((id) => `${id} was acknowledged and never came`);
    return {
      ...report,
      wrong: [...ended, ...unheard, ...chatters.violations(), ...verdictOf(report, p99MaxMs)],
    };
  } finally {
    await scene.close();
  }
}

/** Those who will attack, with a group and a message to do it with. */
async function gather(instance: Instance, people: People): Promise<Omit<AttackOrder, 'attack'>> {
  const crowd: Person[] = [];
  // One after the other: each costs the hash of a password, and these wait for only so long.
  while (crowd.length < ATTACKERS) crowd.push(await people.register('attacker'));
  const [first, ...others] = crowd;
  if (first === undefined) throw new Error('there are no attackers');
  const { id: conversationId } = await people.group(first, ...others);
  const attackers = await Promise.all(
    crowd.map(async (person): Promise<Attacker> => {
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
    const cpuBefore = await cpuOf(instance);
    while (performance.now() - began < seconds * 1_000) {
      // Not awaited: a node that does not answer must not prolong the attack.
      figuresOfAll(instance).then(
        (nodes) => (residentMax = Math.max(residentMax, ...nodes.map(({ resident }) => resident))),
        () => undefined,
      );
      if (instance.nodes.some((node) => !node.program.isRunning())) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const tookS = (performance.now() - began) / 1_000;
    const cpuAfter = await cpuOf(instance);
    const cpu = Math.max(...cpuAfter.map((used, i) => used - (cpuBefore[i] ?? 0))) / tookS;
    return { name: order.attack, outcomes: outcomesOf(program), residentMax, cpu };
  } finally {
    await program.kill();
  }
}

interface Figures extends Memory {
  connections: number;
  descriptors: number;
}

/** Seconds of the processor that each node has used; nothing for one that does not say. */
async function cpuOf(instance: Instance): Promise<number[]> {
  return Promise.all(
    instance.nodes.map(({ url }) =>
      figuresOf(url).then(
        (figure) => figure('process_cpu_seconds_total'),
        () => NaN,
      ),
    ),
  );
}

async function collected(instance: Instance): Promise<Figures[]> {
  for (const { program } of instance.nodes) process.kill(program.pid, 'SIGUSR2');
  return figuresOfAll(instance);
}

async function figuresOfAll(instance: Instance): Promise<Figures[]> {
  return Promise.all(
    instance.nodes.map(async ({ url }) => {
      const figure = await figuresOf(url);
      return {
        heap: figure('nodejs_heap_size_used_bytes'),
        resident: figure('process_resident_memory_bytes'),
        connections: figure('chasqui_connections'),
        descriptors: figure('process_open_fds'),
      };
    }),
  );
}

/** What is left over of the flood once everybody has gone: what no time-out ends within a minute. */
async function settled(
  instance: Instance,
  before: readonly Figures[],
): Promise<Pick<FloodReport, 'left'> & { after: Memory[] }> {
  const sum = (all: readonly Figures[], name: keyof Figures): number =>
    all.reduce((total, figures) => total + figures[name], 0);
  const left = { connections: Infinity, descriptors: Infinity };
  let after: Figures[] = [];
  await until(
    'nobody is there',
    async () => {
      after = await collected(instance);
      left.connections = sum(after, 'connections');
      left.descriptors = sum(after, 'descriptors') - sum(before, 'descriptors');
      return (
        left.connections === 0 &&
        left.descriptors <= 0 &&
        after.every(({ heap }, i) => heap - (before[i]?.heap ?? 0) < HEAP_MAX)
      );
    },
    60_000,
  ).catch(() => undefined);
  return { left, after };
}

function outcomesOf(attack: Program): Outcomes {
  const line = attack
    .output()
    .split('\n')
    .findLast((text) => text.includes(`"${OUTCOMES}"`));
  const said: unknown = JSON.parse(line ?? '{}');
  return (said as { outcomes?: Outcomes }).outcomes ?? {};
}

function latencyOf(arrivals: readonly number[]): Latency {
  return {
    arrived: arrivals.length,
    p50: percentile(arrivals, 0.5),
    p99: percentile(arrivals, 0.99),
    worst: percentile(arrivals, 1),
  };
}

function lineOf({ name, chats, outcomes, residentMax, cpu }: AttackReport): string {
  const counts = Object.entries(outcomes).map(
    ([kind, { accepted, refused, other }]) => `${kind} ${accepted}/${refused}/${other}`,
  );
  return (
    `  ${name}: p50 ${chats.p50.toFixed(0)} ms, p99 ${chats.p99.toFixed(0)} ms, worst ` +
    `${chats.worst.toFixed(0)} ms, up to ${Math.round(residentMax / MIB)} MiB, ` +
    `${Math.round(cpu * 100)} % of a core; ${counts.join(', ')}`
  );
}

function verdictOf(report: Omit<FloodReport, 'wrong'>, p99MaxMs: number): string[] {
  const { chats, attacks, memory, left } = report;
  const wrong: string[] = [];
  if (!(chats.p99 < p99MaxMs)) wrong.push(`p99 of the chats is ${chats.p99.toFixed(0)} ms`);
  if (chats.arrived === 0) wrong.push('nobody chatted');
  wrong.push(...limitsOf(report));
  memory.after.forEach(({ heap, resident }, i) => {
    const was = memory.before[i];
    const grown = heap - (was?.heap ?? 0);
    const taken = resident - (was?.resident ?? 0);
    if (grown > HEAP_MAX) wrong.push(`the heap of node ${i} kept ${Math.round(grown / MIB)} MiB`);
    if (taken > RESIDENT_MAX) wrong.push(`node ${i} kept ${Math.round(taken / MIB)} MiB`);
  });
  if (left.connections > 0) wrong.push(`${left.connections} connections are left over`);
  if (left.descriptors > DESCRIPTORS_MAX) {
    wrong.push(`${left.descriptors} descriptors are left over`);
  }
  if (attacks.length === 0) wrong.push('nobody attacked');
  return wrong;
}

/** What the table of limits says of the attack that goes to each of them. */
function limitsOf({ attacks, seconds }: Pick<FloodReport, 'attacks' | 'seconds'>): string[] {
  const outcomes = attacks.find(({ name }) => name === everyLimit.name)?.outcomes;
  if (outcomes === undefined) return [];
  const wrong = KINDS.filter((kind) => (outcomes[kind]?.refused ?? 0) === 0).map(
    (kind) => `no ${kind} was refused`,
  );
  // What one user may do over all nodes, and what each of two nodes may give before it hears.
  const most = SENDERS * (20 * (seconds / attacks.length) * LATE + 2 * 200);
  const sends = outcomes.send?.accepted ?? 0;
  if (sends > most) wrong.push(`${sends} sends were accepted, and the limits allow ${most}`);
  return wrong;
}
