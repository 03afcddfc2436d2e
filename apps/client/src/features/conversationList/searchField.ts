import { goToList } from '../../store/route';

/** The field by which conversations and people are found: Ctrl+K, and every "Find people". */
export const SEARCH_FIELD = 'find';

/** Brings people to the field, closing what hides it on narrow screens. */
export function findConversation(): void {
  const field = document.getElementById(SEARCH_FIELD);
  if (field !== null && field.offsetParent === null) {
    goToList('at once');
    requestAnimationFrame(() => document.getElementById(SEARCH_FIELD)?.focus());
    return;
  }
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}
