import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { styleHash } from '../pages/homePage';

/** Sets security headers before any handler runs; handlers may override them. */
export type SecurityHeaders = (request: IncomingMessage, response: ServerResponse) => void;

const YEAR_S = 31_536_000;

/** Browser features that no page here uses. */
const FEATURES = ['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb'];

/** Paths that never serve a page: if a browser opens one as a page, nothing may run in it. */
const NO_PAGE = /^\/(?:api|docs|socket\.io|\.well-known\/mercure|healthz|readyz|metrics)(?![\w-])/;

const common = {
  crossOriginResourcePolicy: { policy: 'same-origin' as const },
  frameguard: { action: 'deny' as const },
  referrerPolicy: { policy: 'no-referrer' as const },
  // Set below, only when TLS is in use.
  strictTransportSecurity: false,
};

const page = helmet({
  ...common,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      // Includes sockets of this host.
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:', 'blob:'],
      mediaSrc: ["'self'", 'blob:'],
      objectSrc: ["'none'"],
      scriptSrc: ["'self'"],
      scriptSrcAttr: ["'none'"],
      styleSrc: ["'self'", styleHash],
      workerSrc: ["'self'"],
    },
  },
});

const noPage = helmet({
  ...common,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      objectSrc: ["'none'"],
      scriptSrc: ["'none'"],
      styleSrc: ["'none'"],
    },
  },
});

/** `isProxy` identifies the proxies trusted to report TLS. */
export function createSecurityHeaders(isProxy: (address: string) => boolean): SecurityHeaders {
  return (request, response) => {
    const kind = NO_PAGE.test(request.url ?? '') ? noPage : page;
    kind(request, response, (error) => {
      if (error !== undefined) throw new Error('the security headers are malformed');
    });
    response.setHeader('Permissions-Policy', FEATURES.map((feature) => `${feature}=()`).join(', '));
    // Responses contain tokens and messages. The web client overrides this for its static files.
    response.setHeader('Cache-Control', 'no-store');
    if (
      request.headers['x-forwarded-proto'] === 'https' &&
      isProxy(request.socket.remoteAddress ?? '')
    ) {
      response.setHeader('Strict-Transport-Security', `max-age=${YEAR_S}`);
    }
  };
}
