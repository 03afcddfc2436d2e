import { healthSchema, type RegistrationMode } from '@chasqui/protocol';
import { useEffect, useState } from 'react';
import { serverUrl } from '../../store/serverUrl';

/** Who may register. Defaults to `open` until the server answers; the server enforces its own setting. */
export function useRegistration(): RegistrationMode {
  const [mode, setMode] = useState<RegistrationMode>('open');
  useEffect(() => {
    const abort = new AbortController();
    void readRegistration(abort.signal).then(
      (read) => setMode(read ?? 'open'),
      () => undefined,
    );
    return () => abort.abort();
  }, []);
  return mode;
}

async function readRegistration(signal: AbortSignal): Promise<RegistrationMode | undefined> {
  const answer = await fetch(`${serverUrl()}/healthz`, { signal });
  return healthSchema.parse(await answer.json()).registration;
}

/** The code of an invitation link (`/?invitation=CODE`), or an empty string. */
export function invitationFromUrl(): string {
  return new URLSearchParams(location.search).get('invitation') ?? '';
}
