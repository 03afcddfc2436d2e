import WebSocket from 'ws';

type Json = Readonly<Record<string, unknown>>;

export interface FrameSocket {
  /** Sends an event; `payload` is JSON. */
  emit(event: string, payload: string): void;
  /** Sends an event and passes the reply to `answered`. A refusal fails the connection and ends the run. */
  request(event: string, payload: string, answered: (answer: Json) => void): void;
  close(): void;
}

export interface FrameSocketOptions {
  readonly url: string;
  readonly auth?: Json;
  /** Called for every event, in order of arrival. */
  readonly onEvent: (event: string, payload: unknown) => void;
  /** The connection ended before `close`. */
  readonly lost: (error: Error) => void;
}

const CONNECT_WITHIN_MS = 30_000;

/**
 * A Socket.IO 4 connection over one WebSocket, with frames encoded and decoded by hand. The load generator shares two cores
 * with the measured processes, and socket.io-client would use most of one. This client costs little, and the same for the
 * project and the bare peers.
 */
export function openFrameSocket(options: FrameSocketOptions): Promise<FrameSocket> {
  const answers = new Map<number, (answer: Json) => void>();
  let lastId = 0;
  let closing = false;

  return new Promise((resolve, reject) => {
    const address = `${options.url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`;
    const ws = new WebSocket(address, { perMessageDeflate: false, skipUTF8Validation: true });
    const tooLate = setTimeout(() => ws.terminate(), CONNECT_WITHIN_MS);
    const socket: FrameSocket = {
      emit: (event, payload) => ws.send(`42["${event}",${payload}]`),
      request(event, payload, answered) {
        const id = ++lastId;
        answers.set(id, answered);
        ws.send(`42${id}["${event}",${payload}]`);
      },
      close() {
        closing = true;
        ws.close();
      },
    };
    const fail = (error: Error): void => {
      clearTimeout(tooLate);
      reject(error);
      if (!closing) options.lost(error);
      closing = true;
    };

    ws.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('42')) {
        const [event, payload] = JSON.parse(text.slice(2)) as [string, unknown];
        options.onEvent(event, payload);
      } else if (text.startsWith('43')) {
        const begin = text.indexOf('[');
        const id = Number(text.slice(2, begin));
        const [answer] = JSON.parse(text.slice(begin)) as [Json];
        const answered = answers.get(id);
        answers.delete(id);
        if (answer.success !== true) fail(new Error(`refused: ${JSON.stringify(answer)}`));
        else answered?.(answer);
      } else if (text === '2') {
        ws.send('3');
      } else if (text.startsWith('0')) {
        ws.send(`40${JSON.stringify(options.auth ?? {})}`);
      } else if (text.startsWith('40')) {
        clearTimeout(tooLate);
        resolve(socket);
      } else {
        fail(new Error(`the connection was refused: ${text}`));
      }
    });
    ws.on('error', fail);
    ws.on('close', (code) => fail(new Error(`the connection ended with ${code}`)));
  });
}
