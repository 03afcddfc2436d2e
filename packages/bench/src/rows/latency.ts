import type { Contender, Contest, Scope } from '../contest';
import { latencyLoad, type LatencyLoadOptions } from '../load/latencyLoad';
import { openBarePairs } from '../peers/socketio/bareRelayPairs';
import { pgbenchAtRate } from '../peers/pgbench/pgbenchAtRate';
import { startPeer } from '../peers/socketio/startPeer';
import { expectStored } from '../project/countStored';
import { openProject } from '../project/project';
import { openProjectPairs } from '../project/projectPairs';

const PAIRS = 50;
const PER_SECOND = 1_000;

const load = ({ effort }: Scope): LatencyLoadOptions => ({
  ...{ perSecond: PER_SECOND, settleMs: 10_000 },
  ...(effort === 'full'
    ? { warmUpMs: 2_000, windowMs: 15_000 }
    : { warmUpMs: 1_000, windowMs: 5_000 }),
});

const bare: Contender = {
  name: 'bare Socket.IO relay',
  async open(scope) {
    const { url } = await startPeer(scope, 'bareRelay');
    const pairs = await openBarePairs(scope, url, PAIRS);
    return {
      async run() {
        const { acknowledged: _, ...figures } = await latencyLoad(pairs, load(scope));
        return figures;
      },
    };
  },
};

const project: Contender = {
  name: 'project',
  async open(scope) {
    const running = await openProject(scope);
    const pairs = await openProjectPairs(scope, running, PAIRS);
    const conversationIds = pairs.map((pair) => pair.conversationId);
    let total = 0;
    return {
      async run() {
        const { acknowledged, ...figures } = await running.profiled('latency', () =>
          latencyLoad(pairs, load(scope)),
        );
        total += acknowledged;
        await expectStored(running, conversationIds, total);
        return figures;
      },
    };
  },
};

const commits = pgbenchAtRate(PER_SECOND);
const names = { project: 'project', peer: bare.name };

export const latency: Contest = {
  name: 'latency',
  what: 'time from send to arrival at a fixed 1,000 messages/s over 50 pairs',
  contenders: [project, bare, commits],
  comparisons: [
    { ...names, figure: 'p50', unit: 'ms p50', bound: { atMost: 2.5 } },
    { ...names, figure: 'p99', unit: 'ms p99', bound: { atMost: 4 } },
    { ...names, peer: commits.name, figure: 'p50', unit: 'ms p50' },
    { ...names, peer: commits.name, figure: 'p99', unit: 'ms p99' },
  ],
};
