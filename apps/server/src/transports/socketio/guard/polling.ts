import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import { HANDSHAKE_FRAME_BYTES } from './boundedWebSockets';
import type { ChatSocket } from '../chatServer';

type EngineSocket = ChatSocket['conn'];

/** Packets in one body before the handshake is accepted: a handshake needs one. */
const HANDSHAKE_PACKETS = 8;
const SEPARATOR = '\u001e';

/** Limits the bodies of a polling session before its handshake is accepted. Does nothing to a WebSocket. */
export function boundPolling({ transport }: EngineSocket): void {
  if (transport.name !== 'polling') return;
  const onData: unknown = Reflect.get(transport, 'onData');
  if (typeof onData !== 'function' || !('maxHttpBufferSize' in transport))
    throw new Error('this version of engine.io reads bodies differently');
  Reflect.set(transport, 'maxHttpBufferSize', HANDSHAKE_FRAME_BYTES);
  // Engine.IO would create an object per packet before they can be counted.
  Reflect.set(transport, 'onData', (body: unknown) => {
    if (typeof body === 'string' && packetsOf(body) > HANDSHAKE_PACKETS) {
      transport.emit('error', new Error('too many packets before the handshake'));
    } else Reflect.apply(onData, transport, [body]);
  });
}

/** Removes the limits of `boundPolling`. Call when the handshake is accepted. */
export function liftPolling({ transport }: EngineSocket): void {
  Reflect.set(transport, 'maxHttpBufferSize', MAX_FRAME_BYTES);
  Reflect.deleteProperty(transport, 'onData');
}

/** Counts the packets of a body, up to just above the limit. */
function packetsOf(body: string): number {
  let packets = 1;
  let at = body.indexOf(SEPARATOR);
  while (at !== -1 && packets <= HANDSHAKE_PACKETS) {
    packets += 1;
    at = body.indexOf(SEPARATOR, at + 1);
  }
  return packets;
}
