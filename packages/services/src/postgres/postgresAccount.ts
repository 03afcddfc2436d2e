import { existsSync, readFileSync, statSync } from 'node:fs';

/** The account that PostgreSQL runs as when the launcher is root, which PostgreSQL refuses. */
export interface Account {
  uid: number;
  gid: number;
}

/**
 * Returns undefined when the launcher is not root and PostgreSQL can run as the same user. Otherwise returns the
 * owner of existing data, or an existing account without privileges; creates none.
 */
export function postgresAccount(dataFolder: string): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (existsSync(dataFolder)) {
    const { uid, gid } = statSync(dataFolder);
    if (uid !== 0) return { uid, gid };
  }
  return accountNamed('postgres') ?? accountNamed('nobody') ?? { uid: 65_534, gid: 65_534 };
}

function accountNamed(name: string): Account | undefined {
  if (!existsSync('/etc/passwd')) return undefined;
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  const account = { uid: Number(uid), gid: Number(gid) };
  return account.uid > 0 && account.gid > 0 ? account : undefined;
}
