import { Router } from 'express';

/** Figures in the words of Prometheus. */
export function metricsRoute(read: () => Promise<{ contentType: string; text: string }>): Router {
  const router = Router();
  router.get('/metrics', async (_request, response) => {
    const { contentType, text } = await read();
    response.set('Content-Type', contentType).send(text);
  });
  return router;
}
