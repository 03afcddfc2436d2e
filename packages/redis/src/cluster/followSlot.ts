import net from 'node:net';
import tls from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { ClusterAddress, ClusterNode } from '@chasqui/settings';
import type { SlotMap } from './slotMap';

/** Error replies of a node that does not serve the slot, or not at the moment. */
const NOT_HERE = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|UNBLOCKED|LOADING|MASTERDOWN) /;
const MOVED = /^MOVED \d+ (.*):(\d+)$/;

export const DISCONNECT_WITHIN_MS = 200;

/**
 * Makes an ordinary connection follow a slot through a cluster. Each attempt to connect looks up the master of the
 * slot, and a MOVED reply redirects it. All promises of an ordinary connection therefore hold in a cluster too.
 *
 * With `waits`, a refused command is resent until the slot is served. Without, it fails, and the connection only
 * follows MOVED.
 */
export function followSlot(
  map: SlotMap,
  cluster: ClusterAddress,
  slot: number,
  waits: boolean,
): RedisOptions {
  let redirect: ClusterNode | undefined;
  let current: ClusterNode | undefined;

  class SlotConnector extends AbstractConnector {
    constructor() {
      super(DISCONNECT_WITHIN_MS);
    }

    async connect(): Promise<net.Socket> {
      this.connecting = true;
      const node = redirect ?? (await map.ownerOf(slot));
      redirect = undefined;
      current = node;
      this.stream = this.connecting ? open(node, cluster) : new net.Socket().destroy();
      return this.stream;
    }
  }

  return {
    Connector: SlotConnector,
    username: cluster.username,
    password: cluster.password,
    tls: cluster.tls ? {} : undefined,
    reconnectOnError({ message }) {
      if (!NOT_HERE.test(message)) return false;
      const [, host, port] = MOVED.exec(message) ?? [];
      if (port !== undefined) {
        // An empty name means the same host with another port.
        const named = host === '' ? undefined : host;
        redirect = { host: named ?? current?.host ?? 'localhost', port: Number(port) };
      }
      if (waits) return 2;
      return port === undefined ? false : 1;
    },
  };
}

function open(node: ClusterNode, cluster: ClusterAddress): net.Socket {
  if (!cluster.tls) return net.connect(node);
  const servername = net.isIP(node.host) === 0 ? node.host : undefined;
  return tls.connect({ ...node, servername });
}
