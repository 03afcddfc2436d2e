import type { Contender, Contest } from '../contest';
import { relayLoad } from '../load/relayLoad';
import { expectStored } from '../project/countStored';
import { cpuMs } from '../project/cpuTime';
import { openProject } from '../project/project';
import { openProjectPairs } from '../project/projectPairs';

const PAIRS = 50;

/** Two nodes run in both cases; the receivers are connected to the first or to the second. */
const contender = (name: string, receiversNode: 0 | 1): Contender => ({
  name,
  async open(scope) {
    const project = await openProject(scope, { nodes: 2 });
    const receivers = project.servers[receiversNode]?.url;
    const pairs = await openProjectPairs(scope, project, PAIRS, receivers);
    const conversations = pairs.map(({ conversationId }) => conversationId);
    let total = 0;
    return {
      async run() {
        const before = await cpuMs(project);
        const { acknowledged } = await relayLoad(pairs, {
          ...{ inFlight: 4, warmUpMs: 1_000, settleMs: 10_000 },
          windowMs: scope.effort === 'full' ? 10_000 : 4_000,
        });
        const used = (await cpuMs(project)) - before;
        total += acknowledged;
        await expectStored(project, conversations, total);
        return { microseconds: (used * 1_000) / acknowledged };
      },
    };
  },
});

const [apart, together] = [contender('on different nodes', 1), contender('on one node', 0)];

export const twoNodes: Contest = {
  name: 'two-nodes',
  what: 'CPU time of servers, worker and stores per message, sender and recipient on two nodes and on one',
  contenders: [apart, together],
  comparisons: [
    {
      ...{ figure: 'microseconds', unit: 'µs per message' },
      ...{ project: apart.name, peer: together.name, bound: { atMost: 1.5 } },
    },
  ],
};
