import { ValidationError } from '@chasqui/protocol';
import type { RequestHandler } from 'express';
import type { Hosts } from '../../../network/hosts';

/** Refuses requests for a name that is not this host's, and names the setting for the operator. */
export function hostCheck(hosts: Hosts): RequestHandler {
  return (request, _response, next) => {
    if (hosts.admits(request)) next();
    else next(new ValidationError('the name in Host is not admitted by ALLOWED_HOSTS'));
  };
}
