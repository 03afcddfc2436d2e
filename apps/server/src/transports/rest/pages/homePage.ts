import { createHash } from 'node:crypto';
import { PROTOCOL } from '@chasqui/protocol';
import { Router } from 'express';

const STYLE = `
:root { color-scheme: light dark; --ink: #1d2330; --quiet: #5b6475; --ground: #f7f6f2; --card: #fff; --line: #e3e0d8; --accent: #a8431f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e9e7e1; --quiet: #a3a8b4; --ground: #14161b; --card: #1c1f26; --line: #2c313b; --accent: #f0906a; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 2rem 1.25rem; background: var(--ground); color: var(--ink); font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { width: 100%; max-width: 34rem; }
h1 { margin: 0; font-size: 2.25rem; line-height: 1.15; letter-spacing: -0.02em; font-weight: 650; }
.lead { margin: 0.75rem 0 2rem; color: var(--quiet); font-size: 1.0625rem; text-wrap: pretty; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 0.75rem; padding: 0.25rem 1.25rem; }
dl, ul { margin: 0; padding: 0; list-style: none; }
dl > div, li { display: flex; justify-content: space-between; gap: 1rem; padding: 0.75rem 0; }
dl > div + div, li + li { border-top: 1px solid var(--line); }
dt, li span { color: var(--quiet); }
dd { margin: 0; font-variant-numeric: tabular-nums; }
h2 { margin: 2rem 0 0.75rem; font-size: 0.875rem; font-weight: 600; color: var(--quiet); }
a { color: var(--accent); text-underline-offset: 0.2em; text-decoration-thickness: 1px; border-radius: 0.25rem; }
a:hover { text-decoration-thickness: 2px; }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
li a { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.9375rem; }
`;

/** For the content security policy: the only inline style a page may contain. */
export const styleHash = `'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`;

const links: readonly (readonly [path: string, what: string])[] = [
  ['/healthz', 'Liveness'],
  ['/readyz', 'Readiness: PostgreSQL and Redis'],
  ['/metrics', 'Prometheus metrics'],
  ['/docs/openapi.json', 'REST API'],
  ['/docs/asyncapi.json', 'Socket API'],
];

/** A status page for operators; also served at `/` when the web client is not built. */
export function homePage(version: string): Router {
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Chasqui is running</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Chasqui is running</h1>
<p class="lead">A self-hosted chat service that delivers every acknowledged message, even after a crash. Clients connect to this address.</p>
<section aria-label="What is running">
<dl>
<div><dt>Version</dt><dd>${escapeHtml(version)}</dd></div>
<div><dt>Protocol</dt><dd>${PROTOCOL}</dd></div>
</dl>
</section>
<h2>For operators and client developers</h2>
<section>
<ul>
${links.map(([path, what]) => `<li><span>${what}</span><a href="${path}">${path}</a></li>`).join('\n')}
</ul>
</section>
</main>
</body>
</html>
`;
  const router = Router();
  router.get(['/about', '/'], (_request, response) => {
    response.type('html').send(page);
  });
  return router;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
