import { performance } from 'node:perf_hooks';
import type { ChatCore } from '@chasqui/core';
import { type createReleasers, type Log, systemClock } from '@chasqui/foundation';
import {
  createAccessTokens,
  createAccounts,
  createIdentity,
  createInvitations,
  createPasswords,
  createRefreshTokens,
  createRoles,
  createSecretGenerations,
  createSessionCache,
  createSessionEndings,
  createSessionLifetime,
  createStreamTokens,
  createUserAdministration,
  createUserDirectory,
  externalTokensOf,
  type IdentityStore,
  type PresenceReader,
  recordSigningSecret,
  type SecretKeys,
  type SecurityLog,
  startPruning,
} from '@chasqui/identity';
import type { Settings } from '@chasqui/settings';
import type { Stores } from './openStores';

interface Deps {
  settings: Settings;
  keys: SecretKeys;
  stores: Pick<Stores, 'db' | 'bus' | 'wakeups'>;
  store: IdentityStore;
  core: ChatCore;
  presence: PresenceReader;
  /** Lower case; cannot be registered. */
  reservedUsernames: ReadonlySet<string>;
  log: Log;
  securityLog: SecurityLog;
  releasers: ReturnType<typeof createReleasers>;
}

/** Wires accounts, sessions, tokens and their administration, and starts their background work. */
export function openIdentity(deps: Deps) {
  const { settings, keys, store, core, log, securityLog, releasers } = deps;
  const { db, bus, wakeups } = deps.stores;
  const lifetime = createSessionLifetime(settings.SESSION_MAX_AGE_S);
  const sessionCache = createSessionCache(db, lifetime);
  const endings = createSessionEndings(bus);
  const directory = createUserDirectory({ store, core, presence: deps.presence });
  const secrets = createSecretGenerations(db, keys);
  releasers.push('secrets', recordSigningSecret({ secrets, securityLog, clock: systemClock }));
  const passwords = createPasswords(() => performance.now());
  const identity = createIdentity({
    ...{ store, passwords, secrets, lifetime, sessionCache, endings, directory, core },
    accessTokens: createAccessTokens({ keys, ttlS: settings.ACCESS_TOKEN_TTL_S }),
    streamTokens: createStreamTokens({ keys, ttlS: settings.ACCESS_TOKEN_TTL_S }),
    tokenFamily: createRefreshTokens(keys),
    external: externalTokensOf(settings, systemClock),
    ...{ log, securityLog, reservedUsernames: deps.reservedUsernames },
    registration: settings.REGISTRATION,
  });
  releasers.push('pruning', startPruning(store, log));
  const administration = {
    accounts: createAccounts({
      ...{ db, securityLog },
      hash: (password) => passwords.hash(password, { address: '', userId: null }),
      announceEnded: (sessionIds) => endings.announce(sessionIds),
      wake: (userId) => wakeups.enqueueAfterCommit([userId]),
    }),
    invitations: createInvitations({ db, securityLog }),
    users: createUserAdministration(db),
  };
  const roles = createRoles({ db, securityLog });
  return { identity, sessionCache, endings, directory, roles, administration };
}
