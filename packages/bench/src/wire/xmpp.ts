import { connect } from 'node:net';

export interface XmppSocket {
  /** Sends a chat message; requests an acknowledgement with every tenth. */
  send(to: string, body: string): void;
  /** Sends presence, which makes the server deliver the stored messages. */
  appear(): void;
  close(): void;
}

export interface XmppOptions {
  readonly port: number;
  readonly user: string;
  /** Registers the account first. */
  readonly register?: boolean;
  /** The server acknowledged a message (XEP-0198). */
  readonly taken: () => void;
  readonly arrived: () => void;
  readonly lost: (error: Error) => void;
}

const RECEIPT_EVERY = 10;
const OPEN =
  "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='localhost'>";
const PASSWORD = 'correct-horse';

/**
 * The part of XMPP the benchmark needs. Splits the server's output at element ends without parsing it, to keep the cost of
 * the load generator low.
 */
export function openXmppSocket(options: XmppOptions): Promise<XmppSocket> {
  const { user } = options;
  const plain = Buffer.from(`\0${user}\0${PASSWORD}`).toString('base64');
  let [sent, handled] = [0, 0];
  let closing = false;
  let rest = '';

  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: options.port, noDelay: true });
    const fail = (error: Error): void => {
      reject(error);
      if (!closing) options.lost(error);
    };
    const xmpp: XmppSocket = {
      send(to, body) {
        const receipt = ++sent % RECEIPT_EVERY === 0 ? "<r xmlns='urn:xmpp:sm:3'/>" : '';
        socket.write(
          `<message to='${to}@localhost' type='chat' id='${sent}'><body>${body}</body></message>${receipt}`,
        );
      },
      appear: () => socket.write('<presence/>'),
      close() {
        closing = true;
        socket.end('</stream:stream>');
      },
    };
    /** The steps of the login: the expected text and the action it triggers. */
    const steps: [RegExp, () => void][] = [
      [/<stream:features>[^]*?<\/stream:features>/, begin],
      [/<iq[^>]*id='register'[^]*?>/, authenticate],
      [/<success[^>]*>/, () => socket.write(OPEN)],
      [/<stream:features>[^]*?<\/stream:features>/, bind],
      [/<iq[^>]*id='bind'[^]*?<\/iq>/, () => socket.write("<enable xmlns='urn:xmpp:sm:3'/>")],
      [/<enabled[^>]*>/, () => resolve(xmpp)],
    ];
    if (options.register !== true) steps.splice(1, 1);

    function begin(): void {
      if (options.register === true) {
        socket.write(
          `<iq type='set' id='register'><query xmlns='jabber:iq:register'><username>${user}</username><password>${PASSWORD}</password></query></iq>`,
        );
      } else authenticate();
    }
    function authenticate(): void {
      socket.write(
        `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${plain}</auth>`,
      );
    }
    function bind(): void {
      socket.write(
        "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>",
      );
    }

    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(OPEN));
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed the stream')));
    socket.on('data', (chunk: string) => {
      rest += chunk;
      for (let step = steps[0]; step !== undefined; step = steps[0]) {
        const found = step[0].exec(rest);
        if (found === null) {
          if (/<failure|<stream:error|type='error'/.test(rest)) fail(new Error(rest));
          return;
        }
        rest = rest.slice(found.index + found[0].length);
        steps.shift();
        step[1]();
      }
      let last = 0;
      const stanza = /<\/message>|<a [^>]*\bh='(\d+)'|<r [^>]*\/>/g;
      for (let found = stanza.exec(rest); found !== null; found = stanza.exec(rest)) {
        last = stanza.lastIndex;
        if (found[1] !== undefined) {
          for (; handled < Number(found[1]); handled += 1) options.taken();
        } else if (found[0] === '</message>') {
          received += 1;
          options.arrived();
        } else if (!closing) socket.write(`<a xmlns='urn:xmpp:sm:3' h='${received}'/>`);
      }
      rest = rest.slice(last);
    });
    let received = 0;
  });
}
