import { asyncApiDocument, openApiDocument } from '@chasqui/protocol';
import { Router } from 'express';

/** Serves the OpenAPI and AsyncAPI documents, generated from the schemas on first request. */
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

/** One shared buffer, however slow the readers. */
function encoded(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}
