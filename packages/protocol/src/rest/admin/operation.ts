import * as z from 'zod';
import type { Endpoint } from '../endpoint';

export const registrationModes = ['open', 'invite', 'closed'] as const;
export type RegistrationMode = (typeof registrationModes)[number];

export const healthSchema = z
  .object({
    status: z.literal('ok'),
    version: z.string(),
    protocol: z.int().min(1),
    registration: z
      .enum(registrationModes)
      .optional()
      .meta({ description: 'Who may register: everybody, with an invitation, or nobody.' }),
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof healthSchema>;

export const readHealth = {
  method: 'GET',
  path: '/healthz',
  summary: 'The process lives; which version it is and which protocol it speaks.',
  open: true,
  answers: { 200: healthSchema },
  refusals: [],
} as const satisfies Endpoint;

const reachable = z.enum(['ok', 'down']);

export const readinessSchema = z
  .object({
    status: z.enum(['ok', 'degraded']),
    postgres: reachable,
    redis: reachable,
    /** What keeps PostgreSQL from being served from. */
    reason: z.string().optional(),
    warnings: z
      .array(z.string())
      .optional()
      .meta({ description: 'What an operator should look at. Nothing is refused because of it.' }),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof readinessSchema>;

/** Without Redis it still serves (D11), without PostgreSQL it does not. */
export const readReadiness = {
  method: 'GET',
  path: '/readyz',
  summary: 'Whether it can serve: degraded without Redis, 503 without PostgreSQL.',
  open: true,
  answers: { 200: readinessSchema, 503: readinessSchema },
  refusals: [],
} as const satisfies Endpoint;
