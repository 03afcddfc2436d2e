import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { findPort } from '@chasqui/services';
import type { Scope } from '../../contest';
import { throwawayFolder } from '../throwawayFolder';
import { findTool, startTool } from '../tool';

const HOST = '127.0.0.1';

export function mosquittoMissing(): string | undefined {
  return findTool('mosquitto') === undefined
    ? 'mosquitto is not installed: apt-get install mosquitto'
    : undefined;
}

/** Starts a private broker on loopback that keeps everything in memory and has no limits. Returns its port. */
export async function startMosquitto(scope: Scope): Promise<number> {
  const port = await findPort(HOST);
  const folder = throwawayFolder('mosquitto');
  const settings = [
    `listener ${port} ${HOST}`,
    'allow_anonymous true',
    'persistence false',
    // 0 means unlimited.
    'max_inflight_messages 0',
    'max_queued_messages 0',
    'set_tcp_nodelay true',
    'sys_interval 0',
    'log_dest none',
    // Otherwise it switches to another user when root starts it.
    `user ${os.userInfo().username}`,
  ];
  writeFileSync(path.join(folder, 'mosquitto.conf'), `${settings.join('\n')}\n`);
  await startTool(scope, findTool('mosquitto') ?? 'mosquitto', {
    args: ['-c', 'mosquitto.conf'],
    cwd: folder,
    isReady: () => accepts(port),
  });
  return port;
}

/** Whether the port accepts connections. */
export function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: HOST, port });
    const settle = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}
