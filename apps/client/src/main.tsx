import './app/disableZodJit';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App';
import { followAddress } from './store/route';
import { followClient } from './store/chatStore';
import { shieldInputMethod } from './app/imeKeys';
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
  followClient(client);
  followAddress();
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
      'This browser does not let Chasqui store anything. Messages that are not sent when this window closes are lost.',
    );
  }
}

/** Opens offline from then on. Development has no shell to keep. */
function keepShell(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  // Some private windows have the property and no service workers.
  const workers: ServiceWorkerContainer | undefined = navigator.serviceWorker;
  workers?.register(`${BASE}serviceWorker.js`, { scope: BASE }).catch(() => undefined);
}

shieldInputMethod();
void main();
addEventListener('load', keepShell);
