import { get, type IncomingHttpHeaders, request } from 'node:http';

/** One block of an event stream that carries data. */
export interface StreamEvent {
  id: string;
  /** `message` if it has no type. */
  event: string;
  data: string;
}

/** A raw event stream, without the reconnects of a browser. */
export interface EventStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly events: readonly StreamEvent[];
  /** Everything received, comments included. */
  readonly text: string;
  readonly isEnded: boolean;
  /** Whether the server closed the connection without ending the response. */
  readonly isAborted: boolean;
  lastEventId(): string;
  /** Stops reading, so that TCP pushes back. */
  pause(): void;
  resume(): void;
  close(): void;
}

export interface EventStreamOptions {
  headers?: Record<string, string>;
  method?: 'GET' | 'HEAD' | 'OPTIONS';
}

/** Resolves with the head of the response. */
export function openEventStream(
  url: string | URL,
  { headers = {}, method = 'GET' }: EventStreamOptions = {},
): Promise<EventStream> {
  return new Promise((resolve, reject) => {
    const sent = (method === 'GET' ? get : request)(url, { headers, method, agent: false });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const events: StreamEvent[] = [];
      let text = '';
      let rest = '';
      let last = '';
      let isEnded = false;
      let isAborted = false;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        const blocks = (rest + chunk).split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) {
          const fields = fieldsOf(block);
          last = fields.id ?? last;
          const { event = 'message', data } = fields;
          if (data !== undefined) events.push({ id: last, event, data });
        }
      });
      response.on('error', () => (isAborted = true));
      response.once('end', () => (isEnded = true));
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        events,
        get text() {
          return text;
        },
        get isEnded() {
          return isEnded;
        },
        get isAborted() {
          return isAborted;
        },
        lastEventId: () => last,
        pause: () => void response.pause(),
        resume: () => void response.resume(),
        close: () => void response.destroy(),
      });
    });
    if (method !== 'GET') sent.end();
  });
}

function fieldsOf(block: string): { id?: string; event?: string; data?: string } {
  const fields: { id?: string; event?: string; data?: string } = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    if (name === 'id') fields.id = value;
    if (name === 'event') fields.event = value;
    if (name === 'data')
      fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`;
  }
  return fields;
}
