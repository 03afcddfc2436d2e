import { type Endpoint, endpoints } from '@chasqui/protocol';
import { type Action, actionByCommand, actionByEndpoint } from './actions';

const byEndpoint = actionsByEndpoint();
const byCommand = new Map<string, Action>(Object.entries(actionByCommand));

/** What this row of the REST table counts as. Throws when nothing is said of it: everything is limited. */
export function actionOfEndpoint(endpoint: Endpoint): Action {
  const action = byEndpoint.get(endpoint);
  if (action === undefined)
    throw new Error(`${endpoint.method} ${endpoint.path} counts as nothing`);
  return action;
}

/** The same for a command. */
export function actionOfCommand(name: string): Action {
  const action = byCommand.get(name);
  if (action === undefined) throw new Error(`${name} counts as nothing`);
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
