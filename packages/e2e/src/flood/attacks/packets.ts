import { WebSocket } from 'ws';
import { type AttackTools, addressOf, from } from '../attackTools';
import type { Attack } from './attack';

// Packets of every type over WebSocket, at every stage of a connection, and frames that are not packets.

type Flood = (webSocket: WebSocket) => void;
type Stage = 'before' | 'during' | 'after' | 'upgrading';

const FLOODERS = 16;
/** Frames of a connection per tick of 10 ms: about 0.5 MB/s of the smallest. */
const FRAMES = 500;
const TICK_MS = 10;
/** Send buffer limit; beyond it a connection that the server does not read gets nothing more. */
const WAITING_BYTES = 1024 * 1024;

const frame =
  (data: string | Buffer): Flood =>
  (webSocket) =>
    webSocket.send(data);

const packets: Flood[] = [
  ...['40/n,', '40{}', '431[]', '44{}', '42/n,["x"]', '451-["x"]', '49', '6', '3', '5', '0', '1'],
  ...['2', 'x', '41', '461-1[]'],
].map(frame);
packets.push(frame(Buffer.alloc(32)), (webSocket) => webSocket.ping());

async function openSession({ url }: AttackTools, n: number): Promise<string> {
  const headers = from(addressOf(n));
  const opened = await fetch(`${url(n)}/socket.io/?EIO=4&transport=polling`, { headers });
  const { sid } = JSON.parse((await opened.text()).slice(1)) as { sid: string };
  return `&sid=${sid}`;
}

/** Opens a WebSocket, brings it to the stage, and floods until the server closes it. */
async function floodOnce(tools: AttackTools, n: number, stage: Stage, flood: Flood): Promise<void> {
  const session = stage === 'upgrading' ? await openSession(tools, n) : '';
  const url = `${tools.url(n)}/socket.io/?EIO=4&transport=websocket${session}`;
  const webSocket = new WebSocket(url.replace('http', 'ws'), { headers: from(addressOf(n)) });
  await new Promise<void>((resolve) => {
    let timer: NodeJS.Timeout | undefined;
    const begin = (): void => {
      timer ??= setInterval(() => {
        for (let i = 0; i < FRAMES && webSocket.bufferedAmount < WAITING_BYTES; i++) {
          if (webSocket.readyState === WebSocket.OPEN) flood(webSocket);
        }
      }, TICK_MS);
    };
    webSocket.on('open', () => {
      if (stage === 'upgrading') webSocket.send('2probe');
      if (stage === 'during' || stage === 'after') {
        webSocket.send(`40${JSON.stringify({ token: tools.attacker(n).token })}`);
      }
      if (stage !== 'after') begin();
    });
    webSocket.on('message', (data: Buffer) => {
      if (data.toString().includes('session:ready')) begin();
    });
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => {
      tools.note(`packets ${stage} the handshake`, 'refused');
      clearInterval(timer);
      resolve();
    });
  });
}

function attack(name: string, stage: Stage, floods: readonly Flood[]): Attack {
  return {
    name,
    begin(tools) {
      tools.pace(
        50,
        (n) => floodOnce(tools, n, stage, floods[n % floods.length] ?? frame('x')),
        FLOODERS,
      );
    },
  };
}

const large = frame(`42["chat:nonsense","${'x'.repeat(130_000)}"]`);
const attachments: Flood = (webSocket) => {
  webSocket.send('459-["x"]');
  for (let i = 0; i < 8; i++) webSocket.send(Buffer.alloc(16_000));
};

export const packetAttacks: readonly Attack[] = [
  attack('packets-before-handshake', 'before', packets),
  attack('packets-during-handshake', 'during', packets),
  attack('packets-after-handshake', 'after', packets),
  attack('packets-while-upgrading', 'upgrading', [...packets, frame('2probe')]),
  attack('namespaces', 'before', [frame('40/n,')]),
  attack('control-frames', 'after', [
    (webSocket) => webSocket.ping('x'.repeat(100)),
    (webSocket) => webSocket.pong(),
  ]),
  attack('fragments', 'after', [(webSocket) => webSocket.send('x', { fin: false })]),
  attack('fragments-before-handshake', 'before', [
    (webSocket) => webSocket.send('', { fin: false }),
  ]),
  attack('large-frames', 'after', [large]),
  attack('attachments', 'after', [attachments]),
];
