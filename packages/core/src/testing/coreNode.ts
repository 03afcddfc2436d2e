import { randomUUID } from 'node:crypto';
import type { Database } from '@chasqui/db';
import { type Log, systemClock } from '@chasqui/foundation';
import { quietLog } from '@chasqui/testkit';
import { createCore } from '../createCore';
import { sessionReady } from '../events/accountEvents';
import type { ChatCore } from '../chatCore';
import type { Follows } from '../connection/start/followed';
import type { ResumePoint } from '../connection/start/resumePoint';
import type { LiveConnection } from '../connection/live/liveConnection';
import type { SendRequest, SendResult } from '../send/send';
import type { Bus } from '../ports/index';
import { createFakeNetwork } from './fakes/fakeBus';
import { noGauges } from './fakes/noGauges';
import { memoryTransport, type MemoryTransport } from './memoryTransport';

/** A device connected to a node, and what it has received. */
export interface NodeDevice {
  userId: string;
  live: LiveConnection;
  transport: MemoryTransport;
  /** Sends and waits for the reply. */
  send(conversationId: string, content: string, more?: Partial<SendRequest>): Promise<SendResult>;
}

export interface DeliveryNode {
  core: ChatCore;
  log: ReturnType<typeof quietLog>;
  /** Users for whom a wake-up was requested. */
  woken: string[];
  connect(
    userId: string,
    options?: {
      deviceId?: string;
      sessionId?: string;
      transport?: MemoryTransport;
      follows?: Follows;
      resume?: ResumePoint;
    },
  ): Promise<NodeDevice>;
  stop(): Promise<void>;
}

/** The chat core of one node, without a transport. */
export function openDeliveryNode(
  db: Database,
  { bus = createFakeNetwork().join(), recheckMs = 60_000 }: { bus?: Bus; recheckMs?: number } = {},
): DeliveryNode {
  const log = quietLog();
  const woken: string[] = [];
  const open: LiveConnection[] = [];
  const core = createCore({
    db,
    bus,
    clock: systemClock,
    gauges: noGauges,
    log: log satisfies Log,
    recheckMs,
    firstDelayMs: 2_000,
    wakeups: { enqueueAfterCommit: (userIds) => void woken.push(...userIds) },
  });
  return {
    core,
    log,
    woken,
    async connect(
      userId,
      { deviceId = 'phone', sessionId = randomUUID(), transport = memoryTransport(), ...more } = {},
    ) {
      const live = await core.connections.open({ userId, sessionId, deviceId, transport, ...more });
      open.push(live);
      live.start(sessionReady(userId, deviceId, []));
      return {
        userId,
        live,
        transport,
        send: (conversationId, contentEncrypted, more = {}) =>
          new Promise((resolve, reject) => {
            live.send(
              sendRequest(conversationId, userId, { contentEncrypted, ...more }),
              (outcome) => {
                if (outcome instanceof Error) reject(outcome);
                else resolve(outcome);
                return true;
              },
            );
          }),
      };
    },
    async stop() {
      for (const live of open) live.close();
      await core.stop(5_000);
    },
  };
}

/** A send request as a transport passes it on. */
export function sendRequest(
  conversationId: string,
  senderId: string,
  more: Partial<SendRequest> = {},
): SendRequest {
  return {
    conversationId,
    senderId,
    contentEncrypted: 'hello',
    messageType: 'text',
    clientMessageId: null,
    replyToId: null,
    ...more,
  };
}
