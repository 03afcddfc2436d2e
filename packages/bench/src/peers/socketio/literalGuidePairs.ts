import { randomUUID } from 'node:crypto';
import type { Contender } from '../../contest';
import { openFrameSocket } from '../../wire/frames';
import { bodyOf, createPair, type Pair } from '../../load/pair';
import { relayLoad, type RelayLoadOptions } from '../../load/relayLoad';
import { openStores, withClient } from '../../stores';
import { startPeer } from './startPeer';

/** The literal guide under the relay load, with its own stores. Its clients report every delivery. */
export function literalGuide(
  pairCount: number,
  loadOf: (effort: 'quick' | 'full') => RelayLoadOptions,
): Contender {
  return {
    name: 'the guide written literally',
    async open(scope) {
      const { databaseUrl, redisUrl } = await openStores(scope);
      const { url } = await startPeer(scope, 'literalGuide', {
        ...{ DATABASE_URL: databaseUrl, REDIS_URL: redisUrl },
      });
      const pairs: Pair[] = [];
      for (let i = 0; i < pairCount; i += 1) {
        const [ana, ben] = [randomUUID(), randomUUID()];
        const conversationId = await createDirect(url, [ana, ben]);
        const sender = await openFrameSocket({
          ...{ url, auth: { userId: ana }, onEvent: () => undefined, lost: scope.fail },
        });
        const pair = createPair((n) =>
          sender.request(
            'chat:message_send',
            `{"conversationId":"${conversationId}","contentEncrypted":"${bodyOf(n)}"}`,
            () => pair.acknowledged(),
          ),
        );
        const receiver = await openFrameSocket({
          ...{ url, auth: { userId: ben }, lost: scope.fail },
          onEvent(event, payload) {
            if (event !== 'chat:message_received') return;
            const messageId = (payload as { id: string }).id;
            receiver.emit('chat:message_delivered', JSON.stringify({ messageId }));
            pair.received();
          },
        });
        scope.onClose(() => [sender, receiver].forEach((socket) => socket.close()));
        pairs.push(pair);
      }
      let total = 0;
      return {
        async run() {
          const result = await relayLoad(pairs, loadOf(scope.effort));
          total += result.acknowledged;
          const { rows } = await withClient(databaseUrl, (client) =>
            client.query<{ stored: number }>('SELECT count(*)::float8 AS stored FROM messages'),
          );
          const stored = rows[0]?.stored;
          if (stored !== total) throw new Error(`${total} acknowledged, ${stored} stored`);
          return { perSecond: result.perSecond };
        },
      };
    },
  };
}

async function createDirect(url: string, userIds: string[]): Promise<string> {
  const response = await fetch(`${url}/api/conversations/direct`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user_ids: userIds }),
  });
  return ((await response.json()) as { id: string }).id;
}
