import { setTimeout as passed } from 'node:timers/promises';
import type { Contender, Contest, Effort } from '../contest';
import { type RelayLoadOptions, relayLoad } from '../load/relayLoad';
import { literalGuide } from '../peers/socketio/literalGuidePairs';
import { mosquittoMissing, startMosquitto } from '../peers/brokers/mosquitto';
import { openMosquittoPairs } from '../peers/brokers/mosquittoPairs';
import { openBarePairs } from '../peers/socketio/bareRelayPairs';
import { startPeer } from '../peers/socketio/startPeer';
import { expectStored } from '../project/countStored';
import { cpuMs } from '../project/cpuTime';
import { openProject, type Project } from '../project/project';
import { openProjectPairs } from '../project/projectPairs';

const PAIRS = 50;
// The difference in size between a Message of the contract and the bare relay's 42["message",{"id":…,"content":…}].
const LARGE_FRAME_PADDING = 400;

const loadOf = (effort: Effort): RelayLoadOptions => ({
  ...{ inFlight: 4, settleMs: 10_000 },
  ...(effort === 'full'
    ? { warmUpMs: 2_000, windowMs: 10_000 }
    : { warmUpMs: 1_000, windowMs: 3_000 }),
});

const bare = (name: string, padding: number): Contender => ({
  name,
  async open(scope) {
    const { url } = await startPeer(scope, 'bareRelay');
    const pairs = await openBarePairs(scope, url, PAIRS, padding);
    return {
      run: async () => ({ perSecond: (await relayLoad(pairs, loadOf(scope.effort))).perSecond }),
    };
  },
});

const mosquitto: Contender = {
  name: 'mosquitto QoS 1, in memory',
  missing: mosquittoMissing,
  async open(scope) {
    const pairs = await openMosquittoPairs(scope, await startMosquitto(scope), PAIRS);
    return {
      run: async () => ({ perSecond: (await relayLoad(pairs, loadOf(scope.effort))).perSecond }),
    };
  },
};

const guide = literalGuide(PAIRS, loadOf);

const project: Contender = {
  name: 'project',
  async open(scope) {
    const running = await openProject(scope);
    const pairs = await openProjectPairs(scope, running, PAIRS);
    let acknowledged = 0;
    return {
      async run() {
        const [cpuBefore, before] = [await cpuMs(running), await transactions(running)];
        const result = await running.profiled('relay', () =>
          relayLoad(pairs, loadOf(scope.effort)),
        );
        const used = (await cpuMs(running)) - cpuBefore;
        acknowledged += result.acknowledged;
        await expectStored(
          running,
          pairs.map((pair) => pair.conversationId),
          acknowledged,
        );
        return {
          perSecond: result.perSecond,
          // These explain the result: how large the batches are, and the total cost of a message.
          transactionsPerMessage: ((await transactions(running)) - before) / result.acknowledged,
          cpuMicroseconds: (used * 1_000) / result.acknowledged,
        };
      },
    };
  },
};

/** Returns all transactions of the instance so far, including background work. */
async function transactions({ pool }: Project): Promise<number> {
  // Sessions report their statistics once a second.
  await passed(1_100);
  const { rows } = await pool.query<{ n: number }>(
    'SELECT xact_commit::float8 AS n FROM pg_stat_database WHERE datname = current_database()',
  );
  return rows[0]?.n ?? 0;
}

const perSecond = { figure: 'perSecond', unit: 'messages/s', project: 'project' };

export const relay: Contest = {
  name: 'relay',
  what: 'live durable relay, 50 pairs, 4 in flight each: committed, delivered, acknowledged',
  contenders: [
    project,
    bare('bare Socket.IO relay', 0),
    bare('bare Socket.IO relay, frames as large', LARGE_FRAME_PADDING),
    mosquitto,
    guide,
  ],
  comparisons: [
    { ...perSecond, peer: 'bare Socket.IO relay', bound: { atLeast: 0.5 } },
    { ...perSecond, peer: 'bare Socket.IO relay, frames as large' },
    { ...perSecond, peer: mosquitto.name, bound: { atLeast: 0.8 } },
    { ...perSecond, peer: guide.name, bound: { atLeast: 15 } },
  ],
};
