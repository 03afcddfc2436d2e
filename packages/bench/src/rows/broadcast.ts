import { randomUUID } from 'node:crypto';
import type { Contender, Contest, Scope } from '../contest';
import { createBroadcastLoad } from '../load/broadcastLoad';
import { openFrameSocket } from '../wire/frames';
import { bodyOf } from '../load/pair';
import { startPeer } from '../peers/socketio/startPeer';
import { expectStored } from '../project/countStored';
import { addPeople } from '../project/people';
import { openProject } from '../project/project';
import { createReceiver } from '../project/receiver';
import { openGroup } from '../project/rest';

const MEMBERS = 1_000;
const LARGE_FRAME_PADDING = 400;
// In large groups the server sends receipts once a second, so clients need not acknowledge more often.
const ACKNOWLEDGE_WITHIN_MS = 1_000;

// The warm-up absorbs the after-effects of the previous run, such as acknowledgements.
const times = ({ effort }: Scope): { warmUpMs: number; windowMs: number } =>
  effort === 'full' ? { warmUpMs: 3_000, windowMs: 10_000 } : { warmUpMs: 2_000, windowMs: 3_000 };

const bare = (name: string, padding: number): Contender => ({
  name,
  async open(scope) {
    const { url } = await startPeer(scope, 'bareRelay');
    const load = createBroadcastLoad(MEMBERS);
    const [onEvent, room] = [() => load.arrived(), randomUUID()];
    for (let i = 0; i < MEMBERS; i += 1) {
      const auth = { name: randomUUID(), room };
      const member = await openFrameSocket({ url, auth, onEvent, lost: scope.fail });
      scope.onClose(() => member.close());
    }
    const auth = { name: randomUUID() };
    const sender = await openFrameSocket({ url, auth, onEvent, lost: scope.fail });
    scope.onClose(() => sender.close());
    const filler = padding > 0 ? `,"padding":"${'x'.repeat(padding)}"` : '';
    let n = 0;
    const send = (): void =>
      sender.request(
        'broadcast',
        `{"to":"${room}","id":${n},"content":"${bodyOf(n++)}"${filler}}`,
        load.acknowledged,
      );
    return { run: async () => ({ perSecond: (await load.run(send, times(scope))).perSecond }) };
  },
});

const project: Contender = {
  name: 'project',
  async open(scope) {
    const running = await openProject(scope);
    const [sender, ...members] = await addPeople(running, MEMBERS + 1);
    if (sender === undefined) throw new Error('there is no sender');
    const memberIds = members.map(({ id }) => id);
    const group = await openGroup(running, sender.token, memberIds);
    const load = createBroadcastLoad(MEMBERS);
    const waits: Promise<void>[] = [];
    for (const { token } of members) {
      let ready: () => void = () => undefined;
      waits.push(new Promise((resolve) => (ready = resolve)));
      const receiver = await createReceiver({
        ...{ url: running.url, token, lost: scope.fail },
        acknowledgeWithinMs: ACKNOWLEDGE_WITHIN_MS,
        arrived: ({ kind }) => {
          if (kind === 'message') load.arrived();
        },
        queueEmpty: () => ready(),
      });
      scope.onClose(() => receiver.close());
    }
    // Wait until the events of the group's creation have been delivered.
    await Promise.all(waits);
    const socket = await openFrameSocket({
      ...{ url: running.url, onEvent: () => undefined, lost: scope.fail },
      auth: { token: sender.token, deviceId: 'bench', brief: true, batch: true },
    });
    scope.onClose(() => socket.close());
    let [n, total] = [0, 0];
    const send = (): void =>
      socket.request(
        'chat:message_send',
        `{"conversationId":"${group}","contentEncrypted":"${bodyOf(n)}","clientMessageId":"${n++}"}`,
        load.acknowledged,
      );
    return {
      async run() {
        const { perSecond, acknowledged } = await running.profiled('broadcast', () =>
          load.run(send, times(scope)),
        );
        total += acknowledged;
        await expectStored(running, [group], total);
        return { perSecond };
      },
    };
  },
};

const names = { figure: 'perSecond', unit: 'messages/s to 1,000', project: 'project' };

export const broadcast: Contest = {
  name: 'broadcast',
  what: 'one message to a room of 1,000 connected members, the next when all have it',
  contenders: [
    project,
    bare('bare Socket.IO broadcast', 0),
    bare('bare Socket.IO broadcast, frames as large', LARGE_FRAME_PADDING),
  ],
  comparisons: [
    { ...names, peer: 'bare Socket.IO broadcast', bound: { atLeast: 0.8 } },
    { ...names, peer: 'bare Socket.IO broadcast, frames as large' },
  ],
};
