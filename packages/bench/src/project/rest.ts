import type { Project } from './project';

/** Sends a request with this token; throws an error with the response body unless it succeeds. */
export async function ask(
  { url }: Pick<Project, 'url'>,
  token: string,
  method: 'GET' | 'POST',
  path: string,
  body?: object,
): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Opens a direct conversation; returns its id. */
export async function openDirect(
  project: Pick<Project, 'url'>,
  token: string,
  otherId: string,
): Promise<string> {
  return idOf(await ask(project, token, 'POST', '/api/conversations/direct', { user_id: otherId }));
}

function idOf(answer: unknown): string {
  if (typeof answer === 'object' && answer !== null && 'id' in answer) return String(answer.id);
  throw new Error(`the response has no id: ${JSON.stringify(answer)}`);
}
/** Creates a group as the user of this token; returns its id. */
export async function openGroup(
  project: Pick<Project, 'url'>,
  token: string,
  memberIds: readonly string[],
): Promise<string> {
  const body = { title: 'bench', participant_ids: memberIds };
  return idOf(await ask(project, token, 'POST', '/api/conversations/group', body));
}
