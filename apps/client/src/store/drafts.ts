// Drafts per user and conversation. They stay in this browser and are small, so localStorage is enough.

const PREFIX = 'chasqui/draft/';

const keyOf = (userId: string, conversationId: string): string =>
  `${PREFIX}${userId}/${conversationId}`;

/** Empty if there is no draft or no storage. */
export function readDraft(userId: string, conversationId: string): string {
  try {
    return localStorage.getItem(keyOf(userId, conversationId)) ?? '';
  } catch {
    return '';
  }
}

export function saveDraft(userId: string, conversationId: string, text: string): void {
  try {
    if (text === '') localStorage.removeItem(keyOf(userId, conversationId));
    else localStorage.setItem(keyOf(userId, conversationId), text);
  } catch {
    // Storage is unavailable. The text stays in the field.
  }
}

/** Deletes the drafts of one user, on sign-out. */
export function deleteDrafts(userId: string): void {
  deleteByPrefix(`${PREFIX}${userId}/`);
}

/** Deletes the drafts of all users of this browser. */
export function deleteAllDrafts(): void {
  deleteByPrefix(PREFIX);
}

export function hasDrafts(): boolean {
  return keysOf(PREFIX).length > 0;
}

function deleteByPrefix(prefix: string): void {
  for (const key of keysOf(prefix)) localStorage.removeItem(key);
}

function keysOf(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}
