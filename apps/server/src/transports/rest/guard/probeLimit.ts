import type { RequestHandler } from 'express';
import type { ClientAddress } from '../../../network/clientAddress';
import { type Limits, refuseIf } from '@chasqui/limits';

/** Limits readiness and metrics, which need no token and query both stores. */
export function probeLimit(deps: { limits: Limits; addressOf: ClientAddress }): RequestHandler {
  return (request, _response, next) => {
    refuseIf(deps.limits.take('probe', null, deps.addressOf(request)));
    next();
  };
}
