import type { IncomingMessage } from 'node:http';
import { type Caller, type Identity, type SecurityLog, userAgentOf } from '@chasqui/identity';
import { type Action, type DelayReject, type Limits, refuseIf } from '@chasqui/limits';
import { bearerToken, UnauthorizedError } from '@chasqui/protocol';

/** Who sends a request, within the limits of its address and its user. */
export interface Authentication {
  /** Throws RateLimitError for an exhausted limit, UnauthorizedError without a valid token. */
  authenticate(action: Action, request: IncomingMessage, address: string): Promise<Caller>;
  /** Throws RateLimitError if there is time to wait; an address that is rejected too often waits for that, too. */
  enforceLimit(waitMs: number, address: string): Promise<void>;
}

interface Deps {
  identity: Pick<Identity, 'authenticate'>;
  limits: Limits;
  /** Slows down addresses that are rejected too often. */
  delayReject: DelayReject;
  securityLog: Pick<SecurityLog, 'count'>;
}

export function createAuthentication(deps: Deps): Authentication {
  const { identity, limits, delayReject, securityLog } = deps;

  async function enforceLimit(waitMs: number, address: string): Promise<void> {
    if (waitMs > 0) await delayReject(address);
    refuseIf(waitMs);
  }

  async function callerOf({ headers }: IncomingMessage, address: string): Promise<Caller> {
    try {
      return await identity.authenticate(
        bearerToken(headers.authorization),
        userAgentOf(headers['user-agent']),
      );
    } catch (error) {
      if (error instanceof UnauthorizedError) {
        securityLog.count({ event: 'token_refused', door: 'rest', address });
        await enforceLimit(limits.take('stranger', null, address), address);
      }
      throw error;
    }
  }

  return {
    enforceLimit,
    async authenticate(action, request, address) {
      await enforceLimit(limits.peek(action, null, address), address);
      const caller = await callerOf(request, address);
      await enforceLimit(limits.take(action, caller.userId, address), address);
      return caller;
    },
  };
}
