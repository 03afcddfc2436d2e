import { type AttackTools, addressOf, from } from '../attackTools';
import type { Attack } from './attack';

// Long polling: bodies full of packets, endless requests, and sessions that are never polled.

const BODY_BYTES = 131_000;
const bodyOf = (packet: string): string =>
  Array<string>(Math.floor(BODY_BYTES / (packet.length + 1)))
    .fill(packet)
    .join('\u001e');
const bodies = ['40/n,', '431[]', '3', '', '42/n,["x"]', '42["chat:nonsense",{}]'].map(bodyOf);

interface Session {
  ask(method: 'GET' | 'POST', body?: string): Promise<number>;
}

async function openSession({ url, note }: AttackTools, n: number): Promise<Session | undefined> {
  const at = `${url(n)}/socket.io/?EIO=4&transport=polling`;
  const headers = { ...from(addressOf(n)), 'content-type': 'text/plain' };
  const opened = await fetch(at, { headers });
  if (opened.status !== 200) {
    note('polling sessions', 'refused');
    return undefined;
  }
  const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
  note('polling sessions', 'accepted');
  return {
    async ask(method, body) {
      const signal = AbortSignal.timeout(12_000);
      const answer = await fetch(`${at}&sid=${sid}`, {
        method,
        headers,
        body: body ?? null,
        signal,
      });
      note('polling requests', answer.status === 200 ? 'accepted' : 'refused');
      await answer.arrayBuffer();
      return answer.status;
    },
  };
}

/** Posts 32 bodies to a session that is never polled. */
async function postBodies(tools: AttackTools, n: number, isAuthenticated: boolean): Promise<void> {
  const session = await openSession(tools, n);
  if (session === undefined) return;
  if (isAuthenticated)
    await session.ask('POST', `40${JSON.stringify({ token: tools.attacker(n).token })}`);
  for (let i = 0; i < 32; i++) {
    if ((await session.ask('POST', bodies[n % bodies.length])) !== 200) return;
  }
}

export const pollingAttacks: readonly Attack[] = [
  {
    name: 'polling-bodies',
    begin: (tools) => void tools.pace(50, (n) => postBodies(tools, n, false), 16),
  },
  {
    name: 'polling-bodies-after-handshake',
    begin: (tools) => void tools.pace(50, (n) => postBodies(tools, n, true), 16),
  },
  {
    // Overlapping polls, overlapping bodies, and requests as fast as they are answered.
    name: 'polling-requests',
    begin(tools) {
      const repeat = async (n: number): Promise<void> => {
        const session = await openSession(tools, n);
        for (let status = 200; session !== undefined && status === 200;) {
          const all = n % 2 ? [session.ask('GET'), session.ask('GET')] : [session.ask('POST', '3')];
          status = Math.max(...(await Promise.all(all)));
        }
      };
      tools.pace(50, repeat, 32);
    },
  },
  {
    // Sessions that are opened, accepted and then idle.
    name: 'polling-sessions-left-alone',
    begin(tools) {
      tools.pace(20, async (n) => {
        const session = await openSession(tools, n);
        await session?.ask('POST', `40${JSON.stringify({ token: tools.attacker(n).token })}`);
      });
    },
  },
];
