import { ValidationError } from '@chasqui/protocol';
import type { RequestHandler } from 'express';
import type { Hosts } from '../../../network/hosts';

/** Refuses requests for foreign host names, and names the setting for the operator. */
export function hostCheck(hosts: Hosts): RequestHandler {
  return (request, _response, next) => {
    if (hosts.admits(request)) next();
    else next(new ValidationError('the Host header is not allowed; see ALLOWED_HOSTS'));
  };
}
