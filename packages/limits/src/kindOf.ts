import { type Endpoint, endpoints } from '@chasqui/protocol';
import { type Kind, kindOfCommand, kindOfEndpoint } from './kinds';

const byEndpoint = kindsByEndpoint();
const byCommand = new Map<string, Kind>(Object.entries(kindOfCommand));

/** What this row of the REST table counts as. Throws when nothing is said of it: everything is limited. */
export function kindOf(endpoint: Endpoint): Kind {
  const kind = byEndpoint.get(endpoint);
  if (kind === undefined) throw new Error(`${endpoint.method} ${endpoint.path} counts as nothing`);
  return kind;
}

/** The same for a command. */
export function kindOfCommandNamed(name: string): Kind {
  const kind = byCommand.get(name);
  if (kind === undefined) throw new Error(`${name} counts as nothing`);
  return kind;
}

function kindsByEndpoint(): ReadonlyMap<Endpoint, Kind> {
  const rows = new Map<string, Endpoint>(Object.entries(endpoints));
  return new Map(
    Object.entries(kindOfEndpoint).flatMap(([name, kind]) => {
      const endpoint = rows.get(name);
      return endpoint === undefined ? [] : [[endpoint, kind] as const];
    }),
  );
}
