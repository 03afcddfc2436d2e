import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createOrigins } from './origins';

function from(origin?: string): IncomingMessage {
  const message = new IncomingMessage(new Socket());
  message.headers = { host: 'chat.example:5000', ...(origin === undefined ? {} : { origin }) };
  return message;
}

test('no Origin, the own host and listed origins are admitted; foreign ones are not', () => {
  const origins = createOrigins(['https://app.example']);
  expect(origins.admits(from())).toBe(true);
  expect(origins.admits(from('http://chat.example:5000'))).toBe(true);
  expect(origins.admits(from('https://app.example'))).toBe(true);
  expect(origins.admits(from('https://evil.example'))).toBe(false);
  expect(origins.admits(from('https://app.example.evil.example'))).toBe(false);
  expect(origins.admits(from('http://chat.example'))).toBe(false);
  expect(origins.admits(from('null'))).toBe(false);
});
