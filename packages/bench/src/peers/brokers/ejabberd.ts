import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findPort } from '@chasqui/services';
import type { Scope } from '../../contest';
import { accepts } from './mosquitto';
import { throwawayFolder } from '../throwawayFolder';
import { findTool, startTool } from '../tool';

const HOST = '127.0.0.1';

export function ejabberdMissing(): string | undefined {
  return findTool('erl') === undefined || installed() === undefined
    ? 'ejabberd is not installed: apt-get install ejabberd'
    : undefined;
}

/** Starts a private server on loopback: offline storage, no archive, no limits, no TLS. Returns its port. */
export async function startEjabberd(scope: Scope): Promise<number> {
  const port = await findPort(HOST);
  const folder = throwawayFolder('ejabberd');
  const config = path.join(folder, 'ejabberd.yml');
  writeFileSync(config, settings(port));
  await startTool(scope, findTool('erl') ?? 'erl', {
    args: [
      ...['-noinput', '+K', 'true', '+P', '250000', '-pa', installed() ?? ''],
      ...['-mnesia', 'dir', `"${folder}/database"`, '-s', 'ejabberd'],
    ],
    cwd: folder,
    env: { HOME: folder, EJABBERD_CONFIG_PATH: config, EJABBERD_LOG_PATH: `${folder}/log` },
    isReady: () => accepts(port),
  });
  return port;
}

/** Finds the compiled modules where Debian installs them. */
function installed(): string | undefined {
  for (const library of ['/usr/lib', ...subfolders('/usr/lib')]) {
    const found = subfolders(library).find((folder) => /\/ejabberd-[\d.-]+$/.test(folder));
    if (found !== undefined && readdirSync(found).includes('ebin')) return `${found}/ebin`;
  }
  return undefined;
}

function subfolders(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${folder}/${entry.name}`)
      .sort()
      .reverse();
  } catch {
    // Not readable.
    return [];
  }
}

const settings = (port: number): string => `
hosts: [localhost]
loglevel: error
auth_method: mnesia
auth_password_format: plain
registration_timeout: infinity
listen:
  - port: ${port}
    ip: "${HOST}"
    module: ejabberd_c2s
    max_stanza_size: 262144
    shaper: none
    access: all
shaper_rules:
  max_user_offline_messages: infinity
modules:
  mod_register:
    ip_access: all
    access: all
  mod_offline:
    access_max_user_messages: max_user_offline_messages
  mod_stream_mgmt:
    max_ack_queue: infinity
`;
