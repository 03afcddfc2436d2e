import { UnauthorizedError, type User } from '@chasqui/protocol';
import type { Clock } from '../scheduling/clock';
import { SignedOutError } from '../errors';
import type { Storage } from '../storage/storage';
import type { Tabs } from '../tabs/tabs';
import type { Renewal, Tokens } from './renewal';
import { type StoredSession, storedSessionSchema } from './storedSession';

/** The user signed in on this storage, with their tokens. */
export interface Session {
  user(): User | null;
  /** Stores the tokens of a sign-in. */
  begin(tokens: Tokens): Promise<void>;
  /** Replaces the tokens of this session by those that `getTokens` returns. No tab refreshes the old ones meanwhile. */
  replaceBy(getTokens: () => Promise<Tokens>): Promise<void>;
  /** Deletes the session from the storage. A second call does nothing. */
  end(): Promise<void>;
  /**
   * Returns a valid access token and refreshes it first if it is about to expire. Concurrent calls, in all tabs, share one
   * refresh. Throws SignedOutError when the server refuses the refresh, which ends the session; OfflineError or
   * UnavailableError when the server cannot be reached.
   */
  accessToken(): Promise<string>;
  /** Like `accessToken`, but never returns the token that the server just refused. */
  accessTokenInsteadOf(refused: string): Promise<string>;
  /** When to replace the current token, in milliseconds since 1970. */
  renewAt(): number;
  /** Loads the session again after another tab has changed it. */
  reload(): Promise<void>;
}

interface Deps {
  storage: Storage;
  tabs: Tabs;
  clock: Clock;
  renew: Renewal;
  /** The server ended the session. */
  onRefused: () => void;
}

const KEY = 'session';
/** How long before its expiry a token is refreshed: long enough for a request and its repetition. */
const EARLY_MS = 60_000;

export async function openSession({
  storage,
  tabs,
  clock,
  renew,
  onRefused,
}: Deps): Promise<Session> {
  let session = await stored();
  let refreshing: Promise<string> | undefined;

  async function stored(): Promise<StoredSession | undefined> {
    return storedSessionSchema.safeParse(await storage.get(KEY)).data;
  }

  async function keep(tokens: Tokens): Promise<StoredSession> {
    const lifeMs = tokens.expires_in * 1000;
    const expiresAt = clock.now() + lifeMs;
    const kept: StoredSession = {
      user: tokens.user,
      access_token: tokens.access_token,
      refresh_token: tokens.refresh_token,
      expires_at: expiresAt,
      // A short-lived token is used for two thirds of its lifetime.
      renew_at: expiresAt - Math.min(EARLY_MS, lifeMs / 3),
    };
    session = kept;
    await storage.write([{ key: KEY, value: kept }]);
    return kept;
  }

  /** Single flight: within a tab by the shared promise, across tabs by the lock, under which the storage is read again. */
  function renewed(isGood: (session: StoredSession) => boolean): Promise<string> {
    refreshing ??= tabs
      .exclusively('refresh', async () => {
        session = await stored();
        if (session === undefined) throw new SignedOutError();
        if (isGood(session)) return session.access_token;
        return (await keep(await refreshed(session))).access_token;
      })
      .finally(() => (refreshing = undefined));
    return refreshing;
  }

  async function refreshed(present: StoredSession): Promise<Tokens> {
    try {
      return await renew(present);
    } catch (error) {
      if (!(error instanceof UnauthorizedError)) throw error;
      await end();
      onRefused();
      throw new SignedOutError('the server ended the session');
    }
  }

  async function end(): Promise<void> {
    if (session === undefined) return;
    session = undefined;
    await storage.write([{ key: KEY }]);
    tabs.notify('session');
  }

  const isFresh = ({ renew_at }: StoredSession): boolean => clock.now() < renew_at;

  return {
    user: () => session?.user ?? null,
    async begin(tokens) {
      await keep(tokens);
      tabs.notify('session');
    },
    async replaceBy(getTokens) {
      await tabs.exclusively('refresh', async () => {
        await keep(await getTokens());
      });
    },
    end,
    async accessToken() {
      if (session === undefined) throw new SignedOutError();
      return isFresh(session) ? session.access_token : renewed(isFresh);
    },
    async accessTokenInsteadOf(refused) {
      if (session === undefined) throw new SignedOutError();
      const isOther = (one: StoredSession): boolean => one.access_token !== refused && isFresh(one);
      return isOther(session) ? session.access_token : renewed(isOther);
    },
    renewAt: () => session?.renew_at ?? Infinity,
    async reload() {
      session = await stored();
    },
  };
}
