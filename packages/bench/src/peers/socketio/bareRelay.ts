// A Socket.IO server that forwards events without any guarantee: the minimum a relay has to do. It uses the project's
// engine and settings: WebSocket by `ws`, no compression.
import { createServer } from 'node:http';
import { Server, type Socket } from 'socket.io';

const http = createServer();
const io = new Server(http, {
  serveClient: false,
  transports: ['websocket'],
  perMessageDeflate: false,
});
const members = new Map<string, Socket>();

io.on('connection', (socket) => {
  const { name, room } = socket.handshake.auth as { name: string; room?: string };
  members.set(name, socket);
  if (room !== undefined) void socket.join(room);
  socket.on('disconnect', () => members.delete(name));

  socket.on('send', ({ to, ...message }: { to: string }, answer: (answer: object) => void) => {
    members.get(to)?.emit('message', message);
    answer({ success: true });
  });
  socket.on('broadcast', ({ to, ...message }: { to: string }, answer: (answer: object) => void) => {
    io.to(to).emit('message', message);
    answer({ success: true });
  });
});

http.listen(0, '127.0.0.1', () => {
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  process.stdout.write(`${JSON.stringify({ msg: 'listening', port })}\n`);
});
