import {
  type Administrator,
  type Caller,
  type Identity,
  type Roles,
  type SecurityLog,
  userAgentOf,
} from '@chasqui/identity';
import {
  type ByteBudget,
  type ExportPlaces,
  type Kind,
  kindOf,
  type Lanes,
  type Limits,
  type PutOff,
  refuseIf,
} from '@chasqui/limits';
import {
  bearerToken,
  type Endpoint,
  NotFoundError,
  parseWith,
  UnauthorizedError,
} from '@chasqui/protocol';
import type { Request, Response, Router } from 'express';
import type * as z from 'zod';
import type { ClientAddress } from '../../network/clientAddress';
import { countRefusal } from '../../observability/refusals';
import { readJsonBody } from './body/readJsonBody';
import { sendLines } from './body/sendLines';
import type { UnsentAnswers } from './body/unsentAnswers';

/** What a handler is given: everything checked, nothing to check again. */
export interface Asked<E extends Endpoint> {
  params: Part<E, 'params'>;
  query: Part<E, 'query'>;
  body: Part<E, 'body'>;
  /** Where it comes from, for limits. */
  address: string;
  /** What the client calls itself, cleaned. */
  agent: string | null;
}

/** What a handler returns: one of the endpoint's status codes, with the body that belongs to it. */
export type Reply<E extends Endpoint> = {
  [Code in keyof E['answers'] & number]: E['answers'][Code] extends z.ZodType
    ? { status: Code; body: z.output<E['answers'][Code]> }
    : { status: Code };
}[keyof E['answers'] & number];

type Part<E extends Endpoint, Name extends PartName> =
  E extends Readonly<Record<Name, infer Schema extends z.ZodType>> ? z.output<Schema> : undefined;

/** A status code and its body. */
export function reply<Code extends number, Body>(
  status: Code,
  body: Body,
): { status: Code; body: Body } {
  return { status, body };
}

export const noContent: { status: 204 } = { status: 204 };

export interface Door {
  /** A row of the table that takes no token. */
  open<E extends Endpoint>(
    router: Router,
    endpoint: E & { open: true },
    handler: (asked: Asked<E>) => Promise<Reply<E>>,
  ): void;
  /** A row of the table for somebody who has proven who they are. */
  closed: Guarded<{ caller: Caller }>;
  /** A row for somebody who has proven who they are, answered with JSON lines, page by page. */
  streamed<E extends Endpoint>(
    router: Router,
    endpoint: E & { open?: never; mediaType: string },
    handler: (asked: Asked<E> & { caller: Caller }) => AsyncGenerator<object[]>,
  ): void;
  /** A row for the instance's administrators. To everybody else it is not there, whatever they ask (D9). */
  administered: Guarded<{ caller: Caller; administrator: Exclude<Administrator, 'command'> }>;
}

/** Registers a row of the table whose handler is given what was proven about the caller. */
type Guarded<Proven> = <E extends Endpoint>(
  router: Router,
  endpoint: E & { open?: never },
  handler: (asked: Asked<E> & Proven) => Promise<Reply<E>>,
) => void;

interface Deps {
  identity: Pick<Identity, 'authenticate'>;
  limits: Limits;
  /** Before somebody is refused who has been refused too often. */
  putOff: PutOff;
  lanes: Lanes;
  addressOf: ClientAddress;
  /** For bodies that have not arrived whole. */
  unread: ByteBudget;
  exportPlaces: ExportPlaces;
  /** Gives an answer more time to be read than others have. */
  allowTime: UnsentAnswers['allow'];
  roles: Pick<Roles, 'roleOf'>;
  securityLog: SecurityLog;
}

/** At 70 kbit/s, the slowest that any answer may be read, an hour is 30 MB; nobody holds a place for longer. */
const EXPORT_MS = 3_600_000;

/**
 * What stands between a request and its handler, in this order: from where, who, how often, how much, what. So
 * what is refused has cost no password hash, no reading of a body and no look into PostgreSQL.
 */
export function createDoor(deps: Deps): Door {
  const { identity, limits, putOff, lanes, addressOf, unread, exportPlaces, allowTime } = deps;
  const { roles, securityLog } = deps;

  async function callerOf(request: Request, address: string): Promise<Caller> {
    try {
      return await identity.authenticate(
        bearerToken(request.headers.authorization),
        agentOf(request),
      );
    } catch (error) {
      if (error instanceof UnauthorizedError) {
        securityLog.count({ event: 'token_refused', door: 'rest', address });
        await limited(limits.take('stranger', null, address), address);
      }
      throw error;
    }
  }

  async function limited(waitMs: number, address: string): Promise<void> {
    if (waitMs > 0) await putOff(address);
    refuseIf(waitMs);
  }

  async function asked<E extends Endpoint>(
    endpoint: E,
    request: Request,
    address: string,
  ): Promise<Asked<E>> {
    const body = endpoint.body === undefined ? undefined : await readJsonBody(request, unread);
    return {
      params: part(endpoint, 'params', request.params),
      query: part(endpoint, 'query', request.query),
      body: part(endpoint, 'body', body),
      address,
      agent: agentOf(request),
    };
  }

  async function admitted(kind: Kind, request: Request, address: string): Promise<Caller> {
    await limited(limits.look(kind, null, address), address);
    const caller = await callerOf(request, address);
    await limited(limits.take(kind, caller.userId, address), address);
    return caller;
  }

  /** Counts in the security log what the caller is refused. */
  async function noting(
    { userId }: Caller,
    { method, path }: Endpoint,
    work: () => Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      countRefusal(securityLog, { userId, action: `${method} ${path}` }, error);
      throw error;
    }
  }

  /** `prove` throws for callers who may not use this row, before anything of their request is parsed. */
  function guarded<Proven>(
    prove: (caller: Caller, endpoint: Endpoint) => Proven | Promise<Proven>,
  ): Guarded<Proven> {
    return (router, endpoint, handler) => {
      const kind = kindOf(endpoint);
      router[verbs[endpoint.method]](endpoint.path, async (request, response) => {
        const address = addressOf(request);
        const caller = await admitted(kind, request, address);
        const proven = await prove(caller, endpoint);
        await noting(caller, endpoint, async () => {
          const checked = { ...(await asked(endpoint, request, address)), ...proven };
          const work = (): Promise<Reply<typeof endpoint>> => handler(checked);
          send(response, await lanes.run(kind, { address, userId: caller.userId }, work));
        });
      });
    };
  }

  return {
    open(router, endpoint, handler) {
      const kind = kindOf(endpoint);
      router[verbs[endpoint.method]](endpoint.path, async (request, response) => {
        const address = addressOf(request);
        await limited(limits.take(kind, null, address), address);
        send(response, await handler(await asked(endpoint, request, address)));
      });
    },
    closed: guarded((caller) => ({ caller })),
    streamed(router, endpoint, handler) {
      const kind = kindOf(endpoint);
      router[verbs[endpoint.method]](endpoint.path, async (request, response) => {
        const address = addressOf(request);
        const caller = await admitted(kind, request, address);
        await noting(caller, endpoint, async () => {
          const pages = handler({ ...(await asked(endpoint, request, address)), caller });
          await exportPlaces.take(caller.userId, async () => {
            allowTime(response, EXPORT_MS);
            await sendLines(response, endpoint.mediaType, pages);
          });
        });
      });
    },
    administered: guarded(async (caller, { path }) => {
      const { userId } = caller;
      const role = await roles.roleOf(userId);
      if (role === null) {
        securityLog.count({ event: 'administration_refused', userId, route: path });
        throw new NotFoundError();
      }
      return { caller, administrator: { userId, role } };
    }),
  };
}

const agentOf = ({ headers }: Request): string | null => userAgentOf(headers['user-agent']);

const verbs = { GET: 'get', POST: 'post', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

type PartName = 'params' | 'query' | 'body';

function part<E extends Endpoint, Name extends PartName>(
  endpoint: E,
  name: Name,
  value: unknown,
): Part<E, Name>;
function part(endpoint: Endpoint, name: PartName, value: unknown): unknown {
  const schema = endpoint[name];
  return schema === undefined ? undefined : parseWith(schema, value);
}

function send(response: Response, reply: { status: number; body?: unknown }): void {
  // The time limit may have answered already.
  if (response.headersSent) return;
  response.status(reply.status);
  if (reply.body === undefined) response.end();
  else response.json(reply.body);
}
