import type { Clock } from '@chasqui/foundation';
import { type ChatGrant, parseUserData } from '../auth/chatGrant';
import type { Signatures } from '../auth/signatures';
import { parseObject } from '../wire/clientFrame';
import { errorFrame, signinSuccess } from '../wire/protocolFrames';

/** Associates one connection with a user: `pusher:signin`. */
export interface SignIn {
  signIn(fields: Readonly<Record<string, unknown>>): void;
  /** The grant of a user of the chat who signed in. */
  grant(): ChatGrant | undefined;
  /** The id that the connection signed in with. */
  userId(): string | undefined;
}

interface Deps {
  socketId: string;
  /** Signed by this server: users of the chat. */
  chat: Signatures;
  /** Signed by the application: users of its own. */
  application: Signatures | undefined;
  write: (frame: Buffer) => void;
  clock: Clock;
  /** Called after each sign-in. `watchlist` has the ids that an application named. */
  signedIn: (user: { userId: string; grant: ChatGrant | undefined; watchlist: string[] }) => void;
}

export function createSignIn(deps: Deps): SignIn {
  const { socketId, chat, application, write } = deps;
  let current: { userId: string; grant: ChatGrant | undefined } | undefined;

  function refuse(reason: string): void {
    write(errorFrame(4009, reason));
  }

  return {
    signIn({ auth, user_data: userData }) {
      if (typeof auth !== 'string' || typeof userData !== 'string') {
        refuse('pusher:signin needs auth and user_data');
        return;
      }
      const isChatUser = chat.verifiesUser(auth, socketId, userData);
      if (!isChatUser && application?.verifiesUser(auth, socketId, userData) !== true) {
        refuse('the signature of the user is invalid');
        return;
      }
      const grant = isChatUser ? parseUserData(userData) : undefined;
      const fields = parseObject(userData) ?? {};
      const { id } = fields;
      const hasExpired = grant !== undefined && grant.expiresAt <= deps.clock.now();
      if (typeof id !== 'string' || id === '' || hasExpired) {
        refuse(hasExpired ? 'the access token expired' : 'user_data needs an id');
        return;
      }
      if (current !== undefined && current.userId !== id) {
        refuse('the connection is signed in as another user');
        return;
      }
      current = { userId: id, grant };
      write(signinSuccess(userData));
      const named: unknown[] = Array.isArray(fields.watchlist) ? fields.watchlist : [];
      const watchlist = named.filter((one): one is string => typeof one === 'string');
      deps.signedIn({ userId: id, grant, watchlist });
    },
    grant: () => current?.grant,
    userId: () => current?.userId,
  };
}
