import { connect } from 'node:net';

export interface MqttSocket {
  /** Publishes with QoS 1. Packet ids wrap around, so at most 65,535 may be unacknowledged. */
  publish(topic: string, body: string): void;
  /** Subscribes with QoS 1; resolves when the broker has confirmed. */
  subscribe(topic: string): Promise<void>;
  close(): void;
}

export interface MqttOptions {
  readonly port: number;
  readonly clientId: string;
  /** False: the broker keeps subscriptions and messages while the client is disconnected. */
  readonly clean: boolean;
  /** The broker acknowledged a publication. */
  readonly taken: () => void;
  /** A publication arrived and was acknowledged. */
  readonly arrived: () => void;
  readonly lost: (error: Error) => void;
}

const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBACK = 9;
const NOTHING = Buffer.alloc(0);

/** The part of MQTT 3.1.1 the benchmark needs, encoded and decoded by hand like the Socket.IO frames. */
export function openMqttSocket(options: MqttOptions): Promise<MqttSocket> {
  let lastId = 0;
  let closing = false;
  let rest: Buffer = NOTHING;
  let subscribed: () => void = () => undefined;
  const nextId = (): number => (lastId = lastId === 65_535 ? 1 : lastId + 1);

  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: options.port, noDelay: true });
    const fail = (error: Error): void => {
      reject(error);
      if (!closing) options.lost(error);
    };
    const mqtt: MqttSocket = {
      publish: (topic, body) =>
        socket.write(packet(0x32, [text(topic), number(nextId()), Buffer.from(body)])),
      subscribe: (topic) =>
        new Promise((done) => {
          subscribed = done;
          socket.write(packet(0x82, [number(nextId()), text(topic), Buffer.from([1])]));
        }),
      close() {
        closing = true;
        socket.end(packet(0xe0, []));
      },
    };
    socket.on('connect', () => {
      const flags = Buffer.from([4, options.clean ? 2 : 0, 0, 0]);
      socket.write(packet(0x10, [text('MQTT'), flags, text(options.clientId)]));
    });
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the broker closed the connection')));
    socket.on('data', (chunk) => {
      const answers: Buffer[] = [];
      rest = readPackets(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), (type, body) => {
        if (type === PUBLISH) {
          const at = 2 + body.readUInt16BE(0);
          answers.push(packet(0x40, [body.subarray(at, at + 2)]));
          options.arrived();
        } else if (type === PUBACK) options.taken();
        else if (type === CONNACK) resolve(mqtt);
        else if (type === SUBACK) subscribed();
      });
      if (answers.length > 0 && !closing) socket.write(Buffer.concat(answers));
    });
  });
}

/** Calls `each` for every complete packet and returns the remaining bytes. */
function readPackets(data: Buffer, each: (type: number, body: Buffer) => void): Buffer {
  let at = 0;
  while (at + 2 <= data.length) {
    let [length, factor, cursor] = [0, 1, at + 1];
    let byte: number;
    do {
      if (cursor >= data.length) return data.subarray(at);
      byte = data.readUInt8(cursor++);
      length += (byte & 127) * factor;
      factor *= 128;
    } while (byte > 127);
    if (cursor + length > data.length) break;
    each(data.readUInt8(at) >> 4, data.subarray(cursor, cursor + length));
    at = cursor + length;
  }
  return data.subarray(at);
}

function packet(head: number, parts: readonly Buffer[]): Buffer {
  let length = parts.reduce((sum, part) => sum + part.length, 0);
  const lengths: number[] = [];
  do {
    const byte = length % 128;
    length = Math.floor(length / 128);
    lengths.push(length > 0 ? byte | 128 : byte);
  } while (length > 0);
  return Buffer.concat([Buffer.from([head, ...lengths]), ...parts]);
}

function number(value: number): Buffer {
  return Buffer.from([value >> 8, value & 255]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([number(bytes.length), bytes]);
}
