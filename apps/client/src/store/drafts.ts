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
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(`${PREFIX}${userId}/`)) localStorage.removeItem(key);
    }
  } catch {
    // Then there are none.
  }
}
