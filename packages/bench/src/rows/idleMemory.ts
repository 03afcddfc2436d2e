import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as passed } from 'node:timers/promises';
import type { Program } from '@chasqui/testkit';
import { freshEachRun } from '../freshEachRun';
import type { Contender, Contest, Scope } from '../contest';
import { openFrameSocket } from '../wire/frames';
import { startPeer } from '../peers/socketio/startPeer';
import { addPeople } from '../project/people';
import { openProject } from '../project/project';

const CONNECTIONS = 5_000;
const AT_ONCE = 50;
const SETTLE_MS = 3_000;
// For both contenders: collects garbage on a signal, so that it is not counted.
const COLLECT = `import v8 from 'node:v8'; import vm from 'node:vm'; v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc'); process.on('SIGUSR2', () => gc());`;
const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(COLLECT)}` };

async function residentBytes(program: Program): Promise<number> {
  for (let i = 0; i < 3; i += 1) {
    process.kill(program.pid, 'SIGUSR2');
    await passed(SETTLE_MS / 3);
  }
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

interface Subject {
  program: Program;
  url: string;
  /** The handshake data of each connection. */
  auths: Readonly<Record<string, unknown>>[];
}

/** Uses a new process for each run, because processes rarely return memory to the system. */
const contender = (name: string, start: (scope: Scope) => Promise<Subject>): Contender =>
  freshEachRun(name, async (scope) => measure(scope, await start(scope)));

async function measure(scope: Scope, { program, url, auths }: Subject): Promise<{ bytes: number }> {
  const before = await residentBytes(program);
  for (let i = 0; i < CONNECTIONS; i += AT_ONCE) {
    const sockets = await Promise.all(
      auths
        .slice(i, i + AT_ONCE)
        .map((auth) => openFrameSocket({ url, auth, onEvent: () => undefined, lost: scope.fail })),
    );
    for (const socket of sockets) scope.onClose(() => socket.close());
  }
  return { bytes: ((await residentBytes(program)) - before) / CONNECTIONS };
}

const project = contender('project', async (scope) => {
  const running = await openProject(scope, { env });
  const people = await addPeople(running, CONNECTIONS);
  const [server] = running.servers;
  if (server === undefined) throw new Error('no server');
  const auths = people.map(({ token }) => ({ token, deviceId: 'bench', brief: true, batch: true }));
  return { ...server, auths };
});

const bare = contender('bare Socket.IO', async (scope) => ({
  ...(await startPeer(scope, 'bareRelay', env)),
  auths: Array.from({ length: CONNECTIONS }, () => ({ name: randomUUID() })),
}));

export const idleMemory: Contest = {
  name: 'idle-memory',
  what: 'resident memory per idle, authenticated connection, at 5,000',
  rounds: { quick: 1, full: 4 },
  contenders: [project, bare],
  comparisons: [
    {
      ...{ figure: 'bytes', unit: 'bytes per connection' },
      ...{ project: project.name, peer: bare.name, bound: { atMost: 1.3 } },
    },
  ],
};
