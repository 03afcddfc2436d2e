import * as z from 'zod';
import { deviceId, token } from '../../text/text';
import type { Endpoint } from '../endpoint';
import { query } from '../query';

export const readMercureToken = {
  method: 'GET',
  path: '/api/mercure/token',
  summary:
    'A token that only opens event streams, for `/.well-known/mercure`. Its size does not depend on the number of conversations.',
  query: query({
    device_id: deviceId.optional().meta({
      description:
        'The device whose position the stream advances; without it, one device per session.',
    }),
  }),
  answers: {
    200: z.object({
      token,
      expires_in: z.int().min(1).meta({ description: 'Seconds until the token expires.' }),
    }),
  },
  refusals: ['ValidationError'],
} as const satisfies Endpoint;
