import { USER_AGENT_MAX } from '@chasqui/protocol';

/**
 * Sanitizes a User-Agent for storage and display to its owner: printable ASCII on one line, at most
 * 200 characters. Null if nothing remains. Clients may lie.
 */
export function userAgentOf(header: string | undefined): string | null {
  const line = (header ?? '').slice(0, 4 * USER_AGENT_MAX).replace(/[^\x21-\x7e]+/g, ' ');
  const kept = line.trim().slice(0, USER_AGENT_MAX).trim();
  return kept === '' ? null : kept;
}
