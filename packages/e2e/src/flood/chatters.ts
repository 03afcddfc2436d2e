import { type Device, type People, type Person, until } from '@chasqui/testkit';
import { startPace } from './pace';

/** Pairs of people who chat as usual, each by a node of their own. */
export interface Chatters {
  /** From the send to the other's device, milliseconds. */
  readonly arrivals: readonly number[];
  /** What went wrong: refused, unanswered, out of order. */
  violations(): string[];
  /** Stops sending, and resolves to what was acknowledged and never came. */
  stop(): Promise<string[]>;
}

const MESSAGES_PER_SECOND = 2;

interface Pair {
  one: Device;
  other: Device;
  conversationId: string;
}

/** The two of each pair sit at these two nodes. */
export async function startChatters(
  people: People,
  pairs: number,
  nodes: readonly [number, number] = [0, 1],
): Promise<Chatters> {
  const arrivals: number[] = [];
  const sentAt = new Map<string, number>();
  const arrived = new Set<string>();
  const acknowledged: string[] = [];
  const wrong: string[] = [];

  const hear = (event: string, data: unknown): void => {
    if (event !== 'chat:message_received') return;
    const { client_message_id: id } = data as { client_message_id: string };
    const at = sentAt.get(id);
    if (at === undefined || arrived.has(id)) return;
    arrived.add(id);
    arrivals.push(performance.now() - at);
  };
  const deviceOf = async (person: Pick<Person, 'device'>): Promise<Device> => {
    // A forgetful device has no frame of it any more once something else was told, as that the other is there.
    let drained = false;
    const device = person.device({
      keepsFrames: false,
      onEvent(event, data) {
        drained ||= event === 'chat:queue_empty';
        hear(event, data);
      },
    });
    await device.stayConnected();
    await until('it has been drained', () => drained);
    return device;
  };

  const chats: Pair[] = [];
  for (let i = 0; i < pairs; i += 1) {
    const { ana, ben } = await people.registerAll('ana', 'ben');
    const { id } = await people.direct(ana, ben);
    chats.push({
      one: await deviceOf(ana.on(nodes[0])),
      other: await deviceOf(ben.on(nodes[1])),
      conversationId: id,
    });
  }
  const devices = chats.flatMap(({ one, other }) => [one, other]);

  let sent = 0;
  const pace = startPace(
    { perSecond: pairs * MESSAGES_PER_SECOND, underWayMax: 10_000 },
    async (n) => {
      const chat = chats[n % chats.length];
      if (chat === undefined) return;
      const sender = Math.floor(n / chats.length) % 2 === 0 ? chat.one : chat.other;
      const clientMessageId = `chat ${sent++}`;
      sentAt.set(clientMessageId, performance.now());
      const attempt = await sender.send(chat.conversationId, 'hello', { clientMessageId });
      if (attempt.outcome === 'acknowledged') acknowledged.push(clientMessageId);
      else wrong.push(`${clientMessageId} was ${attempt.outcome}: ${attempt.error?.name ?? ''}`);
    },
  );

  return {
    arrivals,
    violations: () => [...wrong, ...devices.flatMap(({ violations }) => violations)],
    async stop() {
      pace.stop();
      const missing = (): string[] => acknowledged.filter((id) => !arrived.has(id));
      await until('all have arrived', () => {
        return acknowledged.length + wrong.length === sent && missing().length === 0;
      }).catch(() => undefined);
      for (const device of devices) device.retire();
      return missing();
    },
  };
}
