import { randomUUID } from 'node:crypto';
import type { ChatCore, OpenParams } from '@chasqui/core';
import { NotFoundError, ValidationError } from '@chasqui/protocol';
import type { ClientTransport } from '../../../connections/clientTransport';
import type { Client, ClientConnections } from '../../../connections/clientConnections';
import type { ChatSelection } from '../subscribe/chatSelection';
import { SEQS_MAX } from './positionTracker';
import { decodePosition, type StreamPosition } from './streamPosition';

/** Where a stream starts. */
export interface Start {
  readonly position: StreamPosition;
  /** For the core; without it, delivery starts at the device's position. */
  readonly resume: OpenParams['resume'];
  /** Whether nothing is missing after the event that the client named. */
  readonly isResumed: boolean;
}

interface Request {
  core: { sync: Pick<ChatCore['sync'], 'readChanges' | 'positionOf'> };
  clients: Pick<ClientConnections, 'open'>;
  client: Omit<Client, 'transport'>;
  selection: ChatSelection;
  lastEventId: string | undefined;
  isPositionRefused?: boolean | undefined;
}

/** Without a usable position the stream starts where its device is (D4). */
export async function startPosition(request: Request): Promise<Start> {
  const { core, client, selection } = request;
  const asked = request.lastEventId === undefined ? undefined : decodePosition(request.lastEventId);
  // A position of other conversations proves nothing about these.
  const isUsable = asked?.scope === selection.scope && request.isPositionRefused !== true;
  const usable = isUsable ? asked : undefined;
  if (usable?.base === 'sync') {
    const { cursor, seqs } = usable;
    // Resuming acknowledges all of it for the device, so a full position can start over from there.
    const isFull = seqs.size >= SEQS_MAX;
    const position: StreamPosition = isFull
      ? { ...usable, base: 'device', seqs: new Map() }
      : usable;
    return { position, resume: { cursor, seqs }, isResumed: true };
  }
  if (usable !== undefined && (await isOwn(request, usable.cursor))) {
    await acknowledge(request, usable.seqs);
    return { position: { ...usable, seqs: new Map() }, resume: undefined, isResumed: true };
  }
  const { cursor } = await core.sync.readChanges(client.caller.userId, { limit: 1 });
  const position: StreamPosition = {
    ...{ base: 'device', scope: selection.scope, cursor, seqs: new Map() },
    updatesSeq: asked?.updatesSeq,
  };
  return { position, resume: undefined, isResumed: false };
}

async function isOwn({ core, client }: Request, cursor: string): Promise<boolean> {
  try {
    await core.sync.positionOf(client.caller.userId, cursor);
    return true;
  } catch (error) {
    if (error instanceof ValidationError) return false;
    throw error;
  }
}

/** What the client says it has received, for its device, before the backlog of the device is read. */
async function acknowledge(
  { clients, client, selection }: Request,
  seqs: ReadonlyMap<string, number>,
): Promise<void> {
  const received = [...seqs].filter(([id]) => selection.hasConversation(id));
  if (received.length === 0) return;
  const connection = await clients.open({
    ...client,
    transport: noTransport(),
    start: { follows: [] },
  });
  try {
    for (const [conversationId, seq] of received) {
      await connection.live
        .acknowledge({ conversationId, seq }, 'delivered')
        .catch((error: unknown) => {
          // The membership has ended, or the database was restored from a backup.
          if (error instanceof NotFoundError || error instanceof ValidationError) return;
          throw error;
        });
    }
  } finally {
    connection.end();
  }
}

/** Sends nothing: the connection only acknowledges. */
const noTransport = (): ClientTransport => ({
  id: randomUUID(),
  capabilities: { acks: true, commands: false, batching: false },
  send: () => undefined,
  beforeFlush: () => undefined,
  writable: () => true,
  whenWritable: () => undefined,
  close: () => undefined,
  pauseReading: () => undefined,
});
