import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import { openSocket, type SocketClient } from '@chasqui/testkit';
import { ANSWER_WITHIN_MS } from './askRest';
import type { CommandCase, FrameCase } from './cases';
import type { World } from './world';

/** What came of a command: an answer, or the end of the connection. */
export type Outcome = { answer: unknown; raw: string } | 'ended' | 'no answer';

/** Asks over Socket.IO with text of its own on the wire, which no client would write. */
export function createSocketAsker(url: string, { mallory, resolve, mark }: World) {
  let shared: Promise<SocketClient> | undefined;
  let lastId = 1_000_000;
  const leaks: string[] = [];
  const waiting = new Map<number, (outcome: Outcome) => void>();

  /** The answers to packets that the client library knows nothing of, and a look at everything else. */
  function hear(data: unknown): void {
    if (typeof data !== 'string') return;
    if (data.includes(mark)) leaks.push(data);
    const [, id, raw] = /^3(\d+)(\[.*)$/s.exec(data) ?? [];
    if (raw === undefined) return;
    const [answer] = JSON.parse(raw) as unknown[];
    waiting.get(Number(id))?.({ answer, raw });
  }

  async function open(): Promise<SocketClient> {
    const opened = await openSocket(url, { auth: { token: mallory.token, batch: true } });
    opened.socket.io.engine.on('data', hear);
    return opened;
  }

  async function connected(): Promise<SocketClient> {
    shared ??= open();
    const client = await shared;
    if (client.socket.connected) return client;
    // Of all who notice it one opens another.
    shared = (await shared) === client ? open() : shared;
    return shared;
  }

  return {
    /** Everything with her mark in it that came to the attacker. */
    leaks,
    close: async () => (await shared)?.close(),
    async ask(asked: CommandCase): Promise<Outcome> {
      const text = resolve(packetOf(asked));
      const alone = mayEnd(text);
      const { socket, close } = alone ? await open() : await connected();
      const id = ++lastId;
      const outcome = new Promise<Outcome>((done) => {
        waiting.set(id, done);
        setTimeout(() => done('no answer'), ANSWER_WITHIN_MS).unref();
      });
      const end = () => waiting.get(id)?.('ended');
      socket.once('disconnect', end);
      socket.io.engine.write(`2${id}${text}`);
      const heard = await outcome;
      socket.off('disconnect', end);
      waiting.delete(id);
      if (alone) close();
      return heard;
    },
    /** Sends it on a separate connection, because the server may close it. */
    async say({ frame }: FrameCase): Promise<void> {
      const { socket, close } = await open();
      const over = new Promise((done) => {
        socket.once('disconnect', done);
        // The server's word that it has come this far, if the frame left the connection as it was.
        socket.io.engine.write(resolve(frame).replace(/^4/, ''));
        socket.emit('presence:online', done);
        setTimeout(done, 1_000).unref();
      });
      await over;
      close();
    },
  };
}

/** What stands in the packet of a command. */
export function packetOf({ command, data }: CommandCase): string {
  return `[${[JSON.stringify(command), ...data].join(',')}]`;
}

/** Whether a packet may cost its sender the connection: it is none, or larger than a frame. */
export function mayEnd(text: string): boolean {
  if (Buffer.byteLength(text) > MAX_FRAME_BYTES - 100) return true;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}
