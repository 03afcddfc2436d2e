import { asyncApiDocument } from '@pern/protocol/documents/asyncapi';
import { openApiDocument } from '@pern/protocol/documents/openapi';
import { Router } from 'express';

/** The two interfaces in the words that tools understand; made from the schemas when first asked for. */
export function documents(): Router {
  const router = Router();
  let openapi: object | undefined;
  let asyncapi: object | undefined;
  router.get('/docs/openapi.json', (_request, response) => {
    response.json((openapi ??= openApiDocument()));
  });
  router.get('/docs/asyncapi.json', (_request, response) => {
    response.json((asyncapi ??= asyncApiDocument()));
  });
  return router;
}
