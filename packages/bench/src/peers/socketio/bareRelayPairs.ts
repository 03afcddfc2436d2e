import { randomUUID } from 'node:crypto';
import type { Scope } from '../../contest';
import { type FrameSocket, openFrameSocket } from '../../wire/frames';
import { bodyOf, createPair, type Pair } from '../../load/pair';

/** Opens pairs on a bare relay. `padding` bytes are added to every message. */
export async function openBarePairs(
  scope: Scope,
  url: string,
  count: number,
  padding = 0,
): Promise<Pair[]> {
  const filler = padding > 0 ? `,"padding":"${'x'.repeat(padding)}"` : '';
  return Promise.all(
    Array.from({ length: count }, async () => {
      const [from, to] = [randomUUID(), randomUUID()];
      const quiet = (): void => undefined;
      const sender: FrameSocket = await openFrameSocket({
        ...{ url, auth: { name: from }, onEvent: quiet, lost: scope.fail },
      });
      const pair = createPair((n) =>
        sender.request('send', `{"to":"${to}","id":${n},"content":"${bodyOf(n)}"${filler}}`, () =>
          pair.acknowledged(),
        ),
      );
      const receiver = await openFrameSocket({
        ...{ url, auth: { name: to }, onEvent: () => pair.received(), lost: scope.fail },
      });
      scope.onClose(() => [sender, receiver].forEach((socket) => socket.close()));
      return pair;
    }),
  );
}
