import * as z from 'zod';
import { capabilitiesSchema } from '../../values/capabilities';
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
      .meta({ description: 'Who may register: everybody, invited users, or nobody.' }),
    capabilities: capabilitiesSchema,
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof healthSchema>;

export const readHealth = {
  method: 'GET',
  path: '/healthz',
  summary: 'The process is alive: its version, protocol number and capabilities.',
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
    /** Why PostgreSQL cannot be used. */
    reason: z.string().optional(),
    warnings: z
      .array(z.string())
      .optional()
      .meta({ description: 'Conditions that an operator should check. They refuse nothing.' }),
  })
  .meta({ id: 'Readiness' });
export type Readiness = z.infer<typeof readinessSchema>;

/** The server serves without Redis (D11), but not without PostgreSQL. */
export const readReadiness = {
  method: 'GET',
  path: '/readyz',
  summary: 'Whether the server can serve: degraded without Redis, 503 without PostgreSQL.',
  open: true,
  answers: { 200: readinessSchema, 503: readinessSchema },
  refusals: [],
} as const satisfies Endpoint;
