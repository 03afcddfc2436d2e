import { syncSchema } from '../../entities/sync';
import type { Endpoint } from '../endpoint';
import { page, query } from '../query';

export const readSync = {
  method: 'GET',
  path: '/api/sync',
  summary: 'Changes since the cursor. Without a cursor: only a cursor to start from.',
  query: query(page),
  answers: { 200: syncSchema },
  refusals: ['ValidationError'],
} as const satisfies Endpoint;
