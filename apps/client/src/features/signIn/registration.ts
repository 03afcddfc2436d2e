import { healthSchema, type RegistrationMode } from '@pern/protocol/rest/operation';
import { useEffect, useState } from 'react';
import { serverAddress } from '../../store/serverUrl';

/** Who may register here. Until the server has said so, and where it says nothing, everybody: it refuses who may not. */
export function useRegistration(): RegistrationMode {
  const [mode, setMode] = useState<RegistrationMode>('open');
  useEffect(() => {
    const stop = new AbortController();
    void readRegistration(stop.signal).then(
      (read) => setMode(read ?? 'open'),
      () => undefined,
    );
    return () => stop.abort();
  }, []);
  return mode;
}

async function readRegistration(signal: AbortSignal): Promise<RegistrationMode | undefined> {
  const answer = await fetch(`${serverAddress()}/healthz`, { signal });
  return healthSchema.parse(await answer.json()).registration;
}

/** The code of the link by which somebody was invited: `/?invitation=CODE`. Empty without one. */
export function invitationOfLink(): string {
  return new URLSearchParams(location.search).get('invitation') ?? '';
}
