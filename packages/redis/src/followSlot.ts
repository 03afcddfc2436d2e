import net from 'node:net';
import tls from 'node:tls';
import { AbstractConnector, type RedisOptions } from 'ioredis';
import type { ClusterAddress, ClusterNode } from '@pern/settings/redisAddress';
import type { SlotMap } from './slotMap';

/** What a node says of a slot that it does not serve, or not now. */
const NOT_HERE = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|UNBLOCKED|LOADING|MASTERDOWN) /;
const MOVED = /^MOVED \d+ (.*):(\d+)$/;

export const DISCONNECT_WITHIN_MS = 200;

/**
 * Makes an ordinary connection follow a slot through a cluster: at each attempt to connect it looks
 * for the master that serves the slot, and when a node says that another one does, it moves there.
 * So whatever an ordinary connection promises holds in a cluster as well, node by node.
 *
 * With `waits` a command that was refused is sent again where the slot is served, however long that
 * takes; without, it fails, and only a slot that has moved is followed.
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
        // Without a name it is another port of the same host.
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
