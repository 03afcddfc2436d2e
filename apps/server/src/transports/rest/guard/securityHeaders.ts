import type { IncomingMessage, ServerResponse } from 'node:http';
import helmet from 'helmet';
import { styleHash } from '../pages/homePage';

/** Sets what every answer tells browsers, before anybody answers; whoever answers may say more. */
export type SecurityHeaders = (request: IncomingMessage, response: ServerResponse) => void;

const YEAR_S = 31_536_000;

/** What no page of ours uses, so that nothing that gets into one can. */
const FEATURES = ['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb'];

/** Answers that are no pages: whoever opens one as a page gets nothing to run. */
const NO_PAGE = /^\/(?:api|docs|socket\.io|healthz|readyz|metrics)(?![\w-])/;

const common = {
  crossOriginResourcePolicy: { policy: 'same-origin' as const },
  frameguard: { action: 'deny' as const },
  referrerPolicy: { policy: 'no-referrer' as const },
  // Said below, where it is known that TLS was used.
  strictTransportSecurity: false,
};

const page = helmet({
  ...common,
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'self'"],
      baseUri: ["'none'"],
      // With the sockets of this host.
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

/** `isProxy` names the proxies that are believed when they say that TLS ended there. */
export function createSecurityHeaders(isProxy: (address: string) => boolean): SecurityHeaders {
  return (request, response) => {
    const kind = NO_PAGE.test(request.url ?? '') ? noPage : page;
    kind(request, response, (error) => {
      if (error !== undefined) throw new Error('the security headers are malformed');
    });
    response.setHeader('Permissions-Policy', FEATURES.map((feature) => `${feature}=()`).join(', '));
    // Answers hold tokens and messages: no cache keeps them, but where the web client says otherwise of its files.
    response.setHeader('Cache-Control', 'no-store');
    if (
      request.headers['x-forwarded-proto'] === 'https' &&
      isProxy(request.socket.remoteAddress ?? '')
    ) {
      response.setHeader('Strict-Transport-Security', `max-age=${YEAR_S}`);
    }
  };
}
