import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createHosts } from './hosts';

function to(host: string | undefined, remote = '127.0.0.1'): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  Object.defineProperty(message.socket, 'remoteAddress', { value: remote });
  if (host !== undefined) message.headers = { host };
  return message;
}
const isProxy = (address: string) => address === '10.0.0.1';
const open = (bind: string, allowed: string[] = []) => createHosts({ allowed, bind, isProxy });

const own = ['localhost', 'localhost:5000', 'chasqui.localhost', '127.0.0.1:5000', '[::1]:5000'];
const foreign = ['evil.example', 'evil.example:5000', 'localhost.evil.example', 'xlocalhost', ''];

test.each(['127.0.0.1', '127.0.0.5', '::1', 'localhost'])(
  'on loopback (%s), names resolved by DNS are refused',
  (bind) => {
    const hosts = open(bind);
    for (const host of [...own, undefined]) expect(hosts.admits(to(host))).toBe(true);
    for (const host of foreign) expect(hosts.admits(to(host))).toBe(false);
    expect(hosts.admits(to('chat.example', '10.0.0.1'))).toBe(true);
  },
);

test('on other addresses, every name is accepted unless names are listed', () => {
  expect(open('0.0.0.0').areChecked).toBe(false);
  for (const host of [...own, ...foreign]) expect(open('0.0.0.0').admits(to(host))).toBe(true);

  const hosts = open('0.0.0.0', ['chat.example', '.corp.example']);
  for (const host of [...own, 'chat.example:443', 'Chat.Example.', 'a.b.corp.example']) {
    expect(hosts.admits(to(host))).toBe(true);
  }
  for (const host of [...foreign, 'a.chat.example', 'corp.example', 'evilcorp.example']) {
    expect(hosts.admits(to(host))).toBe(false);
  }
});
