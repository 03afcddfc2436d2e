import { asyncApiDocument, openApiDocument } from '@chasqui/protocol';
import { Router } from 'express';

/** The two interfaces in the words that tools understand; made from the schemas when first asked for. */
export function documents(): Router {
  const router = Router();
  let openapi: Buffer | undefined;
  let asyncapi: Buffer | undefined;
  router.get('/docs/openapi.json', (_request, response) => {
    response.type('json').send((openapi ??= encoded(openApiDocument())));
  });
  router.get('/docs/asyncapi.json', (_request, response) => {
    response.type('json').send((asyncapi ??= encoded(asyncApiDocument())));
  });
  return router;
}

/** One copy for all readers, however slow. */
function encoded(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}
