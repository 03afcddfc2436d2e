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
  type ExportSlots,
  actionOfEndpoint,
  type Bulkheads,
  type Limits,
  type DelayReject,
} from '@chasqui/limits';
import { type Endpoint, NotFoundError, parseWith } from '@chasqui/protocol';
import type { Request, Response, Router } from 'express';
import type * as z from 'zod';
import type { ClientAddress } from '../../network/clientAddress';
import { countRefusal } from '../../observability/refusals';
import { createAuthentication } from './guard/authenticateCaller';
import { readJsonBody } from './body/readJsonBody';
import { streamJsonLines } from './body/streamJsonLines';
import type { UnsentResponses } from './body/unsentResponses';

/** What a handler receives; everything is already validated. */
export interface EndpointRequest<E extends Endpoint> {
  params: ParsedPart<E, 'params'>;
  query: ParsedPart<E, 'query'>;
  body: ParsedPart<E, 'body'>;
  /** Client address, for limits. */
  address: string;
  /** Sanitized User-Agent. */
  agent: string | null;
}

/** What a handler returns: one of the endpoint's status codes with its body. */
export type EndpointReply<E extends Endpoint> = {
  [Code in keyof E['answers'] & number]: E['answers'][Code] extends z.ZodType
    ? { status: Code; body: z.output<E['answers'][Code]> }
    : { status: Code };
}[keyof E['answers'] & number];

type ParsedPart<E extends Endpoint, Name extends PartName> =
  E extends Readonly<Record<Name, infer Schema extends z.ZodType>> ? z.output<Schema> : undefined;

/** A status code and its body. */
export function reply<Code extends number, Body>(
  status: Code,
  body: Body,
): { status: Code; body: Body } {
  return { status, body };
}

export const noContent: { status: 204 } = { status: 204 };

export interface EndpointRouter {
  /** Registers an endpoint that needs no token. */
  anonymous<E extends Endpoint>(
    router: Router,
    endpoint: E & { open: true },
    handler: (request: EndpointRequest<E>) => Promise<EndpointReply<E>>,
  ): void;
  /** Registers an endpoint that needs an access token. */
  authenticated: Guarded<{ caller: Caller }>;
  /** Registers an authenticated endpoint that streams JSON lines, page by page. */
  streamed<E extends Endpoint>(
    router: Router,
    endpoint: E & { open?: never; mediaType: string },
    handler: (request: EndpointRequest<E> & { caller: Caller }) => AsyncGenerator<object[]>,
  ): void;
  /** Registers an endpoint for instance administrators. All others get NotFoundError (D9). */
  administered: Guarded<{ caller: Caller; administrator: Exclude<Administrator, 'command'> }>;
}

/** Registers an endpoint whose handler also receives what authorization established. */
type Guarded<Proven> = <E extends Endpoint>(
  router: Router,
  endpoint: E & { open?: never },
  handler: (request: EndpointRequest<E> & Proven) => Promise<EndpointReply<E>>,
) => void;

interface Deps {
  identity: Pick<Identity, 'authenticate'>;
  limits: Limits;
  /** Slows down addresses that are rejected too often. */
  delayReject: DelayReject;
  bulkheads: Bulkheads;
  addressOf: ClientAddress;
  /** For request bodies that are still arriving. */
  unread: ByteBudget;
  exportSlots: ExportSlots;
  /** Gives one response more time to be read. */
  extendDeadline: UnsentResponses['extend'];
  roles: Pick<Roles, 'roleOf'>;
  securityLog: SecurityLog;
}

/**
 * At 70 kbit/s, the slowest allowed reader, an hour transfers 30 MB. Also bounds how long a slot is
 * held.
 */
const EXPORT_MS = 3_600_000;

/**
 * Runs the checks between a request and its handler in this order: address limit, authentication,
 * user limit, authorization, parsing, fair queue. A refused request costs no password hash, no body
 * and no query.
 */
export function createEndpointRouter(deps: Deps): EndpointRouter {
  const { limits, bulkheads, addressOf, unread, exportSlots, extendDeadline, roles, securityLog } =
    deps;
  const { authenticate, enforceLimit } = createAuthentication(deps);

  async function parseRequest<E extends Endpoint>(
    endpoint: E,
    request: Request,
    address: string,
  ): Promise<EndpointRequest<E>> {
    const body = endpoint.body === undefined ? undefined : await readJsonBody(request, unread);
    return {
      params: parsePart(endpoint, 'params', request.params),
      query: parsePart(endpoint, 'query', request.query),
      body: parsePart(endpoint, 'body', body),
      address,
      agent: agentOf(request),
    };
  }

  /** Records refusals in the security log. */
  async function countingRefusals(
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

  /** `authorize` throws before any part of the request is parsed. */
  function guarded<Proven>(
    authorize: (caller: Caller, endpoint: Endpoint) => Proven | Promise<Proven>,
  ): Guarded<Proven> {
    return (router, endpoint, handler) => {
      const action = actionOfEndpoint(endpoint);
      router[verbs[endpoint.method]](endpoint.path, async (request, response) => {
        const address = addressOf(request);
        const caller = await authenticate(action, request, address);
        const proven = await authorize(caller, endpoint);
        await countingRefusals(caller, endpoint, async () => {
          const checked = { ...(await parseRequest(endpoint, request, address)), ...proven };
          const work = (): Promise<EndpointReply<typeof endpoint>> => handler(checked);
          send(response, await bulkheads.run(action, { address, userId: caller.userId }, work));
        });
      });
    };
  }

  return {
    anonymous(router, endpoint, handler) {
      const action = actionOfEndpoint(endpoint);
      router[verbs[endpoint.method]](endpoint.path, async (request, response) => {
        const address = addressOf(request);
        await enforceLimit(limits.take(action, null, address), address);
        send(response, await handler(await parseRequest(endpoint, request, address)));
      });
    },
    authenticated: guarded((caller) => ({ caller })),
    streamed(router, endpoint, handler) {
      const action = actionOfEndpoint(endpoint);
      router[verbs[endpoint.method]](endpoint.path, async (request, response) => {
        const address = addressOf(request);
        const caller = await authenticate(action, request, address);
        await countingRefusals(caller, endpoint, async () => {
          const pages = handler({ ...(await parseRequest(endpoint, request, address)), caller });
          await exportSlots.take(caller.userId, async () => {
            extendDeadline(response, EXPORT_MS);
            await streamJsonLines(response, endpoint.mediaType, pages);
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

function parsePart<E extends Endpoint, Name extends PartName>(
  endpoint: E,
  name: Name,
  value: unknown,
): ParsedPart<E, Name>;
function parsePart(endpoint: Endpoint, name: PartName, value: unknown): unknown {
  const schema = endpoint[name];
  return schema === undefined ? undefined : parseWith(schema, value);
}

function send(response: Response, reply: { status: number; body?: unknown }): void {
  // The time limit may have responded already.
  if (response.headersSent) return;
  response.status(reply.status);
  if (reply.body === undefined) response.end();
  else response.json(reply.body);
}
