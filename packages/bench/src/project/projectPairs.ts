import type { Scope } from '../contest';
import { openFrameSocket } from '../wire/frames';
import { bodyOf, createPair, type Pair } from '../load/pair';
import { createReceiver } from './receiver';
import { addPeople } from './people';
import type { Project } from './project';
import { openDirect } from './rest';

export interface ProjectPair extends Pair {
  readonly conversationId: string;
}

/**
 * Opens pairs with a direct conversation each, connected like the project's own clients: brief replies, batches and
 * continuous acknowledgements. The receivers may connect to a different node.
 */
export async function openProjectPairs(
  scope: Scope,
  project: Project,
  count: number,
  receiversUrl = project.url,
): Promise<ProjectPair[]> {
  const people = await addPeople(project, count * 2);
  const lost = scope.fail;
  const pairs: ProjectPair[] = [];
  for (let i = 0; i < count; i += 1) {
    const [ana, ben] = [people[i * 2], people[i * 2 + 1]];
    if (ana === undefined || ben === undefined) throw new Error('too few users');
    const conversationId = await openDirect(project, ana.token, ben.id);
    const sender = await openFrameSocket({
      ...{ url: project.url, onEvent: () => undefined, lost },
      auth: { token: ana.token, deviceId: 'bench', brief: true, batch: true },
    });
    const pair: ProjectPair = {
      conversationId,
      ...createPair((n) =>
        sender.request(
          'chat:message_send',
          `{"conversationId":"${conversationId}","contentEncrypted":"${bodyOf(n)}","clientMessageId":"${n}"}`,
          () => pair.acknowledged(),
        ),
      ),
    };
    const receiver = await createReceiver({
      ...{ url: receiversUrl, token: ben.token, lost },
      arrived: () => pair.received(),
    });
    scope.onClose(() => {
      sender.close();
      receiver.close();
    });
    pairs.push(pair);
  }
  return pairs;
}
