import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import { openSocket, type SocketClient } from '@chasqui/testkit';
import { ANSWER_WITHIN_MS } from './restRequests';
import type { CommandCase, FrameCase } from './cases/cases';
import type { FuzzFixture } from './fuzzFixture';

/** Outcome of a command: an answer, the end of the connection, or neither. */
export type Outcome = { answer: unknown; raw: string } | 'ended' | 'no answer';

/** Sends raw Socket.IO packets that no client library would send. */
export function createSocketRequests(url: string, { mallory, resolve, mark }: FuzzFixture) {
  let shared: Promise<SocketClient> | undefined;
  let lastId = 1_000_000;
  const leaks: string[] = [];
  const waiting = new Map<number, (outcome: Outcome) => void>();

  /** Picks out answers to raw packets, and searches everything for secrets. */
  function handleData(data: unknown): void {
    if (typeof data !== 'string') return;
    if (data.includes(mark)) leaks.push(data);
    const [, id, raw] = /^3(\d+)(\[.*)$/s.exec(data) ?? [];
    if (raw === undefined) return;
    const [answer] = JSON.parse(raw) as unknown[];
    waiting.get(Number(id))?.({ answer, raw });
  }

  async function open(): Promise<SocketClient> {
    const opened = await openSocket(url, { auth: { token: mallory.token, batch: true } });
    opened.socket.io.engine.on('data', handleData);
    return opened;
  }

  async function connected(): Promise<SocketClient> {
    shared ??= open();
    const client = await shared;
    if (client.socket.connected) return client;
    // Only the first caller that notices opens a new connection.
    shared = (await shared) === client ? open() : shared;
    return shared;
  }

  return {
    /** Data with the victim's mark that reached the attacker. */
    leaks,
    close: async () => (await shared)?.close(),
    async send(asked: CommandCase): Promise<Outcome> {
      const text = resolve(packetOf(asked));
      const ownConnection = mayDisconnect(text);
      const { socket, close } = ownConnection ? await open() : await connected();
      const id = ++lastId;
      const outcome = new Promise<Outcome>((done) => {
        waiting.set(id, done);
        setTimeout(() => done('no answer'), ANSWER_WITHIN_MS).unref();
      });
      const end = () => waiting.get(id)?.('ended');
      socket.once('disconnect', end);
      socket.io.engine.write(`2${id}${text}`);
      const result = await outcome;
      socket.off('disconnect', end);
      waiting.delete(id);
      if (ownConnection) close();
      return result;
    },
    /** Sends a frame on a new connection, because the server may close it. */
    async sendFrame({ frame }: FrameCase): Promise<void> {
      const { socket, close } = await open();
      const processed = new Promise((done) => {
        socket.once('disconnect', done);
        // The answer to this command shows that the frame was processed, if the connection survived it.
        socket.io.engine.write(resolve(frame).replace(/^4/, ''));
        socket.emit('presence:online', done);
        setTimeout(done, 1_000).unref();
      });
      await processed;
      close();
    },
  };
}

/** The packet of a command, without its id. */
export function packetOf({ command, data }: CommandCase): string {
  return `[${[JSON.stringify(command), ...data].join(',')}]`;
}

/** Whether the server may close the connection for a packet: it is malformed or larger than a frame. */
export function mayDisconnect(text: string): boolean {
  if (Buffer.byteLength(text) > MAX_FRAME_BYTES - 100) return true;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}
