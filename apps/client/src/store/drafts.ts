// What people have begun to write, by user and conversation. It is this browser's alone, and small: localStorage does.

const PREFIX = 'chasqui/draft/';

const keyOf = (userId: string, conversationId: string): string =>
  `${PREFIX}${userId}/${conversationId}`;

/** Empty where nothing was begun, or nothing can be kept. */
export function readDraft(userId: string, conversationId: string): string {
  try {
    return localStorage.getItem(keyOf(userId, conversationId)) ?? '';
  } catch {
    return '';
  }
}

export function keepDraft(userId: string, conversationId: string, text: string): void {
  try {
    if (text === '') localStorage.removeItem(keyOf(userId, conversationId));
    else localStorage.setItem(keyOf(userId, conversationId), text);
  } catch {
    // It is still in the field.
  }
}

/** Who signs out here leaves nothing behind. */
export function forgetDrafts(userId: string): void {
  forget(`${PREFIX}${userId}/`);
}

/** Of everybody who ever wrote here. */
export function forgetAllDrafts(): void {
  forget(PREFIX);
}

export function hasDrafts(): boolean {
  return keysOf(PREFIX).length > 0;
}

function forget(prefix: string): void {
  for (const key of keysOf(prefix)) localStorage.removeItem(key);
}

function keysOf(prefix: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(prefix));
  } catch {
    return [];
  }
}
