import { type Endpoint, endpoints } from '@chasqui/protocol';
import { type Action, actionByCommand, actionByEndpoint } from './actions';

const byEndpoint = actionsByEndpoint();
const byCommand = new Map<string, Action>(Object.entries(actionByCommand));

/** The rate-limited action of a REST endpoint. Throws if it has none: everything is limited. */
export function actionOfEndpoint(endpoint: Endpoint): Action {
  const action = byEndpoint.get(endpoint);
  if (action === undefined)
    throw new Error(`${endpoint.method} ${endpoint.path} has no rate-limited action`);
  return action;
}

/** The rate-limited action of a command. */
export function actionOfCommand(name: string): Action {
  const action = byCommand.get(name);
  if (action === undefined) throw new Error(`${name} has no rate-limited action`);
  return action;
}

function actionsByEndpoint(): ReadonlyMap<Endpoint, Action> {
  const rows = new Map<string, Endpoint>(Object.entries(endpoints));
  return new Map(
    Object.entries(actionByEndpoint).flatMap(([name, action]) => {
      const endpoint = rows.get(name);
      return endpoint === undefined ? [] : [[endpoint, action] as const];
    }),
  );
}
