import { USER_AGENT_MAX } from '@chasqui/protocol';

/**
 * What a client calls itself, fit to be stored and shown to its owner: printable ASCII on one line, 200 characters at
 * the most. Null when nothing is left. It is a claim and proves nothing.
 */
export function userAgentOf(header: string | undefined): string | null {
  const line = (header ?? '').slice(0, 4 * USER_AGENT_MAX).replace(/[^\x21-\x7e]+/g, ' ');
  const kept = line.trim().slice(0, USER_AGENT_MAX).trim();
  return kept === '' ? null : kept;
}
