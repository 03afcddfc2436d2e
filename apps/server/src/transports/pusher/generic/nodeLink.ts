import type { Bus } from '@chasqui/core/ports';
import { type NodeMessage, parseNodeMessage } from './nodeMessages';

/** The way to the other nodes. Sending never throws and never waits. */
export interface NodeLink {
  send(message: NodeMessage): void;
  /** The listener receives the messages of other nodes. Returns the unsubscriber. */
  onMessage(listener: (message: NodeMessage) => void): () => void;
  /** Called when messages may have been lost. Returns the unsubscriber. */
  onRecovered(listener: () => void): () => void;
}

const TOPIC = 'pusher';

export function createNodeLink(bus: Pick<Bus, 'publish' | 'subscribe' | 'onRecovered'>): NodeLink {
  return {
    send: (message) =>
      bus.publish({ type: 'relay', topic: TOPIC, payload: JSON.stringify(message) }),
    onMessage: (listener) =>
      bus.subscribe((notification) => {
        if (notification.type !== 'relay' || notification.topic !== TOPIC) return;
        const message = parseNodeMessage(notification.payload);
        if (message !== undefined) listener(message);
      }),
    onRecovered: (listener) => bus.onRecovered(listener),
  };
}
