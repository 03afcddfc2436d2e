import type { Project } from './project';

/** One request in somebody's name; throws with what was answered unless it succeeded. */
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

/** The conversation of two; returns its id. */
export async function openDirect(
  project: Pick<Project, 'url'>,
  token: string,
  otherId: string,
): Promise<string> {
  return idOf(await ask(project, token, 'POST', '/api/conversations/direct', { user_id: otherId }));
}

function idOf(answer: unknown): string {
  if (typeof answer === 'object' && answer !== null && 'id' in answer) return String(answer.id);
  throw new Error(`an answer without an id: ${JSON.stringify(answer)}`);
}
/** A group whose creator the token speaks for; returns its id. */
export async function openGroup(
  project: Pick<Project, 'url'>,
  token: string,
  memberIds: readonly string[],
): Promise<string> {
  const body = { title: 'bench', participant_ids: memberIds };
  return idOf(await ask(project, token, 'POST', '/api/conversations/group', body));
}
