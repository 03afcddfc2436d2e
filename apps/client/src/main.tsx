import './app/disableZodJit';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { startRouting } from './store/route';
import { mirrorClient } from './store/chatStore';
import { blockImeKeys } from './app/imeKeys';
import { notify } from './store/notices';
import { BASE } from './store/serverUrl';
import { openClient } from './app/openClient';
import './shared/styles/tokens.css';
import './shared/styles/base.css';
import './shared/styles/controls.css';

async function main(): Promise<void> {
  const element = document.getElementById('root');
  if (element === null) throw new Error('the page has no #root');
  const { client, survivesReload } = await openClient();
  mirrorClient(client);
  startRouting();
  document.addEventListener('visibilitychange', () =>
    client.setVisible(document.visibilityState === 'visible'),
  );
  createRoot(element).render(
    <StrictMode>
      <App client={client} />
    </StrictMode>,
  );
  if (!survivesReload) {
    notify(
      'Chasqui cannot store data in this browser. Unsent messages will be lost when you close this window.',
    );
  }
}

/** Caches the app shell, so that the page opens offline. Production builds only. */
function registerServiceWorker(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // In some private windows the property exists but is undefined.
  const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  workers?.register(`${BASE}serviceWorker.js`, { scope: BASE }).catch(() => undefined);
}

blockImeKeys();
void main();
addEventListener('load', registerServiceWorker);
