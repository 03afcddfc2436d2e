import { authRefresh } from '@pern/protocol/commands/authRefresh';
import { UnauthorizedError } from '@pern/protocol/errors';
import type { Identity } from '../../identity/identity';
import { handler, type CommandHandler } from '../commands';

/** Carries the connection past the expiry of the token it began with; only for the same user. */
export function onAuthRefresh(identity: Pick<Identity, 'authenticate'>): CommandHandler {
  return handler(authRefresh, async (connection, { token }) => {
    const caller = await identity.authenticate(token);
    if (caller.userId !== connection.userId) throw new UnauthorizedError();
    connection.prolong(caller);
    return {};
  });
}
