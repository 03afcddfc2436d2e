import { Router } from 'express';

/** RFC 9116 recommends less than a year; the date is computed per request. */
const VALID_MS = 180 * 24 * 3_600_000;

/** Serves security.txt (RFC 9116) if SECURITY_CONTACT is set. */
export function securityTxt(contact: string | undefined): Router {
  const router = Router();
  if (contact === undefined) return router;
  router.get('/.well-known/security.txt', (_request, response) => {
    const expires = new Date(Date.now() + VALID_MS).toISOString();
    response.type('text/plain').send(`Contact: ${contact}\nExpires: ${expires}\n`);
  });
  return router;
}
