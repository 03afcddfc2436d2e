import type { Identity } from '@chasqui/identity';
import { authRefresh, UnauthorizedError } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/** Extends the connection beyond its token's expiry. The new token must belong to the same user. */
export function onAuthRefresh(identity: Pick<Identity, 'authenticate'>): CommandHandler {
  return handler(authRefresh, async (connection, { token }) => {
    const caller = await identity.authenticate(token);
    if (caller.userId !== connection.userId) throw new UnauthorizedError();
    connection.prolong(caller);
    return {};
  });
}
