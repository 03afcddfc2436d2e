import type { RequestHandler } from 'express';
import type { ClientAddress } from '../../../network/clientAddress';
import { type Limits, refuseIf } from '@chasqui/limits';

/** Readiness and figures take no token and ask both stores: as often as any monitor needs, and no more. */
export function probeLimit(deps: { limits: Limits; addressOf: ClientAddress }): RequestHandler {
  return (request, _response, next) => {
    refuseIf(deps.limits.take('probe', null, deps.addressOf(request)));
    next();
  };
}
