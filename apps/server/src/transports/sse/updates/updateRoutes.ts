import { type ByteBudget, type Limits, refuseIf } from '@chasqui/limits';
import { type Request, Router } from 'express';
import type { ClientAddress } from '../../../network/clientAddress';
import type { Origins } from '../../../network/origins';
import { challenged } from '../challenge';
import { HUB_PATH, originOf } from '../hub';
import { answerSubscriptions } from '../subscriptions/answerSubscriptions';
import type { UpdateHub } from './openUpdateHub';
import { publishUpdate } from './publishUpdate';

export interface UpdateRoutesDeps {
  hub: UpdateHub | undefined;
  origins: Pick<Origins, 'admits'>;
  isProxy: (address: string) => boolean;
  addressOf: ClientAddress;
  rates: Limits;
  /** Request bodies that are still arriving. */
  unread: ByteBudget;
}

/** Publishing, and the list of subscriptions. Without a hub there are no such routes. */
export function updateRoutes(deps: UpdateRoutesDeps): Router {
  const { hub, rates, addressOf } = deps;
  const router = Router();
  if (hub === undefined) return router;
  const hubUrlOf = (request: Request): string => `${originOf(request, deps.isProxy)}${HUB_PATH}`;
  const publishing = { ...hub, unread: deps.unread, admits: deps.origins.admits };

  router.post(
    HUB_PATH,
    challenged(async (request, response) => {
      refuseIf(rates.take('publish', null, addressOf(request)));
      const id = await publishUpdate(publishing, request, hubUrlOf(request));
      response.type('text/plain').send(id);
    }),
  );

  const { active } = hub;
  if (active === undefined) return router;
  router.get(
    `${HUB_PATH}/subscriptions{/*path}`,
    challenged(async (request, response) => {
      refuseIf(rates.take('publish', null, addressOf(request)));
      await answerSubscriptions({ ...hub, active }, request, response, hubUrlOf(request));
    }),
  );
  return router;
}
