import { figuresOf } from '../faults/figures';
import { openScene } from '../faults/scene';
import type { Instance } from '../instance';
import type { People } from '../people';
import { type Program, startProgram } from '../program';
import { percentile } from '../story/figures';
import { until } from '../until';
import type { Attacker, AttackOrder, Outcomes } from './attackOrder';
import { OUTCOMES } from './attackOrder';
import { startChatters } from './chatters';

/** What a flood came to. Times in milliseconds, memory in bytes. */
export interface FloodReport {
  seconds: number;
  chats: { arrived: number; p50: number; p99: number; worst: number };
  outcomes: Outcomes;
  /** Per node, after its garbage was collected. */
  memory: { before: number[]; early: number[]; late: number[] };
  /** Connections once everybody is gone, and descriptors beyond those before the attackers came, of both nodes. */
  left: { connections: number; descriptors: number };
  /** What must not be, in words; nothing when all is well. */
  wrong: string[];
}

export interface FloodOptions {
  seconds: number;
  say?: (line: string) => void;
  /** What the 99th of a hundred messages of the others may take; a second unless told. */
  p99MaxMs?: number;
}

/** Five by sockets, three by REST. */
const ATTACKERS = 8;
const SENDERS = 5;
const PAIRS = 10;
const MIB = 1024 * 1024;
/** What memory may gain between the first third and the end; 10,000 connections or names would show. */
const GROWTH_MAX = 64 * MIB;
const P99_MAX_MS = 1_000;
/** Pools may have grown. */
const DESCRIPTORS_MAX = 60;
/** The program of the attackers counts a little longer than the given time. */
const LATE = 1.1;
/** By REST each waits for its answers, so how soon a burst is used up is for the machine to say. */
const KINDS = ['send', 'typing', 'sync', 'unknown', 'presence'];

/** Lets a process collect its garbage when it is told to: V8 alone may leave it for as long as it likes. */
const collector = `import { setFlagsFromString } from 'node:v8'; import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc'); const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => collect());`;

/** Two nodes are flooded in every way at many times the limits, while ten pairs chat as usual. Judges what came of it. */
export async function flood({
  seconds,
  say = () => undefined,
  p99MaxMs = P99_MAX_MS,
}: FloodOptions): Promise<FloodReport> {
  const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(collector)}`;
  const limited = { RATE_LIMIT: 'on', TRUST_PROXY: '127.0.0.1', NODE_OPTIONS };
  const scene = await openScene({ wired: false, envOf: [limited, limited] });
  const { instance, people } = scene;
  let attack: Program | undefined;
  try {
    const chatters = await startChatters(people, PAIRS);
    const order = await gather(instance, people);
    const before = await collected(instance);
    const calm = chatters.arrivals.length;
    say(`${PAIRS} pairs chat, and ${ATTACKERS} people and many strangers begin to flood`);
    attack = await startProgram({
      entry: 'packages/testing/dist/flood/attack.js',
      env: { FLOOD: JSON.stringify(order) },
      readyMessage: 'flooding',
    });
    const began = performance.now();
    const passed = (share: number): Promise<unknown> =>
      until(
        'so much time is over',
        () => performance.now() - began >= seconds * 1_000 * share,
        seconds * 2_000,
      );
    await passed(1 / 3);
    const early = await collected(instance);
    await passed(1);
    const late = await collected(instance);
    const outcomes = outcomesOf(attack);
    const chats = chatsOf(chatters.arrivals.slice(calm));
    await attack.kill();
    const lost = await chatters.stop();
    const left = await settled(instance, before);
    const heap = (all: readonly Figures[]): number[] => all.map((node) => node.heap);
    const report = {
      ...{ seconds, chats, outcomes, left },
      memory: { before: heap(before), early: heap(early), late: heap(late) },
    };
    const unheard = lost.map((id) => `${id} was acknowledged and never came`);
    return {
      ...report,
      wrong: [...unheard, ...chatters.complaints(), ...verdictOf(report, p99MaxMs)],
    };
  } finally {
    await attack?.kill();
    await scene.close();
  }
}

/** Those who will flood, with a group and a message to do it with. */
async function gather(instance: Instance, people: People): Promise<AttackOrder> {
  const names = Array.from({ length: ATTACKERS }, (_, i) => `attacker${i}`);
  const crowd = Object.values(await people.cast(...names));
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

interface Figures {
  heap: number;
  connections: number;
  descriptors: number;
}

async function collected(instance: Instance): Promise<Figures[]> {
  for (const { program } of instance.nodes) process.kill(program.pid, 'SIGUSR2');
  return Promise.all(
    instance.nodes.map(async ({ url }) => {
      const figure = await figuresOf(url);
      return {
        heap: figure('nodejs_heap_size_used_bytes'),
        connections: figure('chasqui_connections'),
        descriptors: figure('process_open_fds'),
      };
    }),
  );
}

/** What is left over of the flood once everybody has gone: what no time-out ends within half a minute. */
async function settled(
  instance: Instance,
  before: readonly Figures[],
): Promise<FloodReport['left']> {
  const sum = (all: readonly Figures[], name: keyof Figures): number =>
    all.reduce((total, figures) => total + figures[name], 0);
  const left = { connections: Infinity, descriptors: Infinity };
  await until(
    'nobody is there',
    async () => {
      const now = await collected(instance);
      left.connections = sum(now, 'connections');
      left.descriptors = sum(now, 'descriptors') - sum(before, 'descriptors');
      return left.connections === 0 && left.descriptors <= 0;
    },
    40_000,
  ).catch(() => undefined);
  return left;
}

function outcomesOf(attack: Program): Outcomes {
  const line = attack
    .output()
    .split('\n')
    .findLast((text) => text.includes(`"${OUTCOMES}"`));
  const said: unknown = JSON.parse(line ?? '{}');
  return (said as { outcomes?: Outcomes }).outcomes ?? {};
}

function chatsOf(arrivals: readonly number[]): FloodReport['chats'] {
  return {
    arrived: arrivals.length,
    p50: percentile(arrivals, 0.5),
    p99: percentile(arrivals, 0.99),
    worst: percentile(arrivals, 1),
  };
}

function verdictOf(report: Omit<FloodReport, 'wrong'>, p99MaxMs: number): string[] {
  const { seconds, chats, outcomes, memory, left } = report;
  const wrong: string[] = [];
  if (!(chats.p99 < p99MaxMs)) wrong.push(`p99 of the chats is ${chats.p99.toFixed(0)} ms`);
  if (chats.arrived === 0) wrong.push('nobody chatted');
  for (const kind of KINDS) {
    if ((outcomes[kind]?.refused ?? 0) === 0) wrong.push(`no ${kind} was refused`);
  }
  // What the table says of one user over all nodes, and what each of two nodes may give before it hears.
  const most = SENDERS * (20 * seconds * LATE + 2 * 200);
  const sends = outcomes.send?.accepted ?? 0;
  if (sends > most) wrong.push(`${sends} sends were accepted, and the limits allow ${most}`);
  memory.late.forEach((heap, i) => {
    const grown = heap - (memory.early[i] ?? 0);
    if (grown > GROWTH_MAX) wrong.push(`node ${i} has grown by ${Math.round(grown / MIB)} MiB`);
  });
  if (left.connections > 0) wrong.push(`${left.connections} connections are left over`);
  if (left.descriptors > DESCRIPTORS_MAX) {
    wrong.push(`${left.descriptors} descriptors are left over`);
  }
  return wrong;
}
