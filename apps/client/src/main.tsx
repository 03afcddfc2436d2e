import './noEval';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './screens/App';
import { followAddress } from './store/address';
import { followClient } from './store/chatStore';
import { notify } from './store/notices';
import { openClient } from './store/openClient';
import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';

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
  if (!survivesReload)
    notify('This window keeps nothing: what is not sent when it closes is lost.');
}

/** Opens offline from then on. Development has no shell to keep. */
function keepShell(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  navigator.serviceWorker.register('/serviceWorker.js').catch(() => undefined);
}

void main();
addEventListener('load', keepShell);
