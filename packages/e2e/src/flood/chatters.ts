import { type Device, type People, type Person, until } from '@chasqui/testkit';
import { startPace } from './pace';

/** Pairs of people who chat normally, each on a different node. */
export interface Chatters {
  /** From the send to the other device, in milliseconds. */
  readonly arrivals: readonly number[];
  /** Sends without acknowledgement, and violations of the devices. */
  violations(): string[];
  /** Stops sending; resolves to acknowledged messages that never arrived. */
  stop(): Promise<string[]>;
}

const MESSAGES_PER_SECOND = 2;

interface Pair {
  one: Device;
  other: Device;
  conversationId: string;
}

/** The two people of a pair are on these two nodes. */
export async function startChatters(
  people: People,
  pairs: number,
  nodes: readonly [number, number] = [0, 1],
): Promise<Chatters> {
  const arrivals: number[] = [];
  const sentAt = new Map<string, number>();
  const arrived = new Set<string>();
  const acknowledged: string[] = [];
  const failures: string[] = [];

  const recordArrival = (event: string, data: unknown): void => {
    if (event !== 'chat:message_received') return;
    const { client_message_id: id } = data as { client_message_id: string };
    const at = sentAt.get(id);
    if (at === undefined || arrived.has(id)) return;
    arrived.add(id);
    arrivals.push(performance.now() - at);
  };
  const deviceOf = async (person: Pick<Person, 'device'>): Promise<Device> => {
    // The device keeps only its latest frame, so `drained` of the device could miss this event.
    let drained = false;
    const device = person.device({
      keepsFrames: false,
      onEvent(event, data) {
        drained ||= event === 'chat:queue_empty';
        recordArrival(event, data);
      },
    });
    await device.stayConnected();
    await until('the backlog was sent', () => drained);
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
    { perSecond: pairs * MESSAGES_PER_SECOND, maxInFlight: 10_000 },
    async (n) => {
      const chat = chats[n % chats.length];
      if (chat === undefined) return;
      const sender = Math.floor(n / chats.length) % 2 === 0 ? chat.one : chat.other;
      const clientMessageId = `chat ${sent++}`;
      sentAt.set(clientMessageId, performance.now());
      const attempt = await sender.send(chat.conversationId, 'hello', { clientMessageId });
      if (attempt.outcome === 'acknowledged') acknowledged.push(clientMessageId);
      else failures.push(`${clientMessageId} was ${attempt.outcome}: ${attempt.error?.name ?? ''}`);
    },
  );

  return {
    arrivals,
    violations: () => [...failures, ...devices.flatMap(({ violations }) => violations)],
    async stop() {
      pace.stop();
      const missing = (): string[] => acknowledged.filter((id) => !arrived.has(id));
      await until('all messages have arrived', () => {
        return acknowledged.length + failures.length === sent && missing().length === 0;
      }).catch(() => undefined);
      for (const device of devices) device.retire();
      return missing();
    },
  };
}
