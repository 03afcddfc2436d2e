import type { Identity } from '@chasqui/identity';
import { authRefresh, UnauthorizedError } from '@chasqui/protocol';
import { handler, type CommandHandler } from '../dispatch';

/** Carries the connection past the expiry of the token it began with; only for the same user. */
export function onAuthRefresh(identity: Pick<Identity, 'authenticate'>): CommandHandler {
  return handler(authRefresh, async (connection, { token }) => {
    const caller = await identity.authenticate(token);
    if (caller.userId !== connection.userId) throw new UnauthorizedError();
    connection.prolong(caller);
    return {};
  });
}
