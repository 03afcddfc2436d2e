import type { ChatCore } from '@chasqui/core';
import type { Caller, SecurityLog } from '@chasqui/identity';
import type { ByteBudget, Bulkheads } from '@chasqui/limits';
import {
  ForbiddenError,
  NotFoundError,
  UnavailableError,
  ValidationError,
} from '@chasqui/protocol';
import { isUnavailable } from '@chasqui/db';
import { type Request, type RequestHandler, Router } from 'express';
import type { ClientAddress } from '../../../network/clientAddress';
import { countRefusal } from '../../../observability/refusals';
import type { Authentication } from '../../rest/guard/authenticateCaller';
import { parseChannelName } from '../channels/channelName';
import { type AuthForm, readAuthForm } from './authForm';
import { channelDataOf, type ChatGrant, userDataOf } from './chatGrant';
import type { Signatures } from './signatures';

interface Deps {
  authentication: Authentication;
  core: Pick<ChatCore, 'members'>;
  signatures: Signatures;
  bulkheads: Bulkheads;
  addressOf: ClientAddress;
  unread: ByteBudget;
  securityLog: Pick<SecurityLog, 'count'>;
  /** A channel could not be signed because PostgreSQL does not answer. The client has to connect again later. */
  unavailable: (socketId: string) => void;
}

/** Where stock clients ask: pusher-js, Laravel Echo, and chat clients with the endpoint below /api. */
const CHANNEL_PATHS = ['/pusher/auth', '/broadcasting/auth', '/api/pusher/auth'];
const USER_PATHS = ['/pusher/user-auth', '/broadcasting/user-auth'];

type Sign = (caller: Caller, form: AuthForm, address: string) => Promise<object>;

/** Signs channels and sign-ins for users with an access token. */
export function authRoutes(deps: Deps): Router {
  const { authentication, signatures, addressOf } = deps;
  const router = Router();
  router.post(CHANNEL_PATHS, handler('channel', signChannel));
  router.post(USER_PATHS, handler('user', signUser));
  return router;

  function handler(action: string, sign: Sign): RequestHandler {
    return async (request, response) => {
      const address = addressOf(request);
      const caller = await callerOf(request, address);
      try {
        const form = await readAuthForm(request, deps.unread);
        response.json(await sign(caller, form, address));
      } catch (error) {
        countRefusal(
          deps.securityLog,
          { userId: caller.userId, action: `pusher ${action}` },
          error,
        );
        throw error;
      }
    };
  }

  /** Clients do not repeat a request that failed, so after an outage they have to connect again. */
  async function callerOf(request: Request, address: string): Promise<Caller> {
    try {
      return await authentication.authenticate('authorize', request, address);
    } catch (error) {
      if (error instanceof UnavailableError || isUnavailable(error)) {
        const { socketId } = await readAuthForm(request, deps.unread);
        deps.unavailable(socketId);
      }
      throw error;
    }
  }

  async function signChannel(caller: Caller, form: AuthForm, address: string): Promise<object> {
    const { socketId, channelName } = form;
    const kind = channelName === undefined ? undefined : parseChannelName(channelName);
    if (channelName === undefined || kind === undefined)
      throw new ValidationError('channel_name must be the name of a channel');
    let since: number | undefined;
    if (kind.kind === 'conversation') {
      await checkParticipant(caller, kind.conversationId, address);
      since = form.sinceOf(kind.conversationId);
    } else if (kind.kind === 'generic')
      throw new ForbiddenError('the application that publishes to this channel authorizes it');
    else if (kind.signedIn || kind.userId !== caller.userId)
      throw new ForbiddenError('this is the channel of another user');
    const channelData = channelDataOf(grantOf(caller, form, since));
    const auth = signatures.ofChannel(socketId, channelName, channelData);
    return { auth, channel_data: channelData };
  }

  /**
   * Throws ForbiddenError unless the caller is a participant. The subscription checks it again, so that without PostgreSQL
   * the channel can be signed: the subscription then waits (D11).
   */
  async function checkParticipant(
    { userId }: Caller,
    conversationId: string,
    address: string,
  ): Promise<void> {
    try {
      await deps.bulkheads.run('authorize', { address, userId }, () =>
        deps.core.members.list(userId, conversationId, { limit: 1, cursor: undefined }),
      );
    } catch (error) {
      if (error instanceof UnavailableError) return;
      if (error instanceof NotFoundError)
        throw new ForbiddenError('there is no such conversation, or the user is no participant');
      throw error;
    }
  }

  async function signUser(caller: Caller, form: AuthForm): Promise<object> {
    const userData = userDataOf(grantOf(caller, form, undefined));
    return { auth: signatures.ofUser(form.socketId, userData), user_data: userData };
  }
}

function grantOf(
  { userId, username, sessionId, expiresAt }: Caller,
  { deviceId }: AuthForm,
  since: number | undefined,
): ChatGrant {
  return { userId, username, sessionId, deviceId, since, expiresAt };
}
