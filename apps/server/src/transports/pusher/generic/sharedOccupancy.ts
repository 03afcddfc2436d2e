import type { Clock, Timer } from '@chasqui/foundation';
import type { NodeLink } from './nodeLink';
import type { NodeMessage } from './nodeMessages';
import { type Change, createOccupancy, type Held, type Occupancy } from './occupancy';

/** The occupancy over all nodes: each node tells the others what it holds, and forgets those that fall silent. */
export interface SharedOccupancy extends Pick<
  Occupancy,
  'channels' | 'subscriptionCount' | 'usersOf'
> {
  /** Sets what this node holds of a channel. */
  hold(channel: string, held: Held): void;
  stop(): void;
}

interface Deps {
  link: NodeLink;
  nodeId: string;
  clock: Clock;
  onChange: (channel: string, change: Change) => void;
}

/** How often a node repeats all that it holds: what was lost is repaired then. */
const REPEAT_MS = 10_000;
/** A node that fell silent for longer holds nothing any more: below the 30 s of D10. */
const LEASE_MS = 25_000;

type Wire = Extract<NodeMessage, { type: 'held' }>['held'];

export function createSharedOccupancy({ link, nodeId, clock, onChange }: Deps): SharedOccupancy {
  const occupancy = createOccupancy();
  const receivedAt = new Map<string, number>();

  function report(changes: ReadonlyMap<string, Change>): void {
    for (const [channel, change] of changes) onChange(channel, change);
  }

  function sendAll(): void {
    const channels = [...occupancy.heldBy(nodeId)].map(([channel, held]): [string, Wire] => [
      channel,
      toWire(held),
    ]);
    link.send({ type: 'all', node: nodeId, channels });
  }

  function receive(message: NodeMessage): void {
    switch (message.type) {
      case 'held':
        receivedAt.set(message.node, clock.now());
        onChange(
          message.channel,
          occupancy.set(message.node, message.channel, fromWire(message.held)),
        );
        break;
      case 'all': {
        receivedAt.set(message.node, clock.now());
        const channels = message.channels.map(([name, held]) => [name, fromWire(held)] as const);
        report(occupancy.replace(message.node, new Map(channels)));
        break;
      }
      case 'hello':
        sendAll();
        break;
      case 'bye':
        forget(message.node);
        break;
      case 'event':
      case 'terminate':
      case 'unavailable':
        break;
      default:
        message satisfies never;
    }
  }

  function forget(node: string): void {
    receivedAt.delete(node);
    report(occupancy.replace(node, null));
  }

  function repeat(): void {
    sendAll();
    for (const [node, at] of receivedAt) if (clock.now() - at > LEASE_MS) forget(node);
    timer = clock.setTimeout(repeat, REPEAT_MS);
  }

  const stops = [link.onMessage(receive), link.onRecovered(sendAll)];
  let timer: Timer = clock.setTimeout(repeat, REPEAT_MS);
  link.send({ type: 'hello', node: nodeId });

  return {
    channels: () => occupancy.channels(),
    subscriptionCount: (channel) => occupancy.subscriptionCount(channel),
    usersOf: (channel) => occupancy.usersOf(channel),
    hold(channel, held) {
      const change = occupancy.set(nodeId, channel, held);
      link.send({ type: 'held', node: nodeId, channel, held: toWire(held) });
      onChange(channel, change);
    },
    stop() {
      timer.cancel();
      for (const stop of stops) stop();
      link.send({ type: 'bye', node: nodeId });
    },
  };
}

const toWire = ({ subscriptions, users }: Held): Wire => ({ subscriptions, users: [...users] });

const fromWire = ({ subscriptions, users }: Wire): Held => ({
  subscriptions,
  users: new Map(users.map(([userId, info]) => [userId, info])),
});
