import { navigateToList } from '../../store/route';

/** The search field of the conversation list. */
export const SEARCH_FIELD_ID = 'find';

/** Focuses the search field. On narrow screens this closes the open conversation first. */
export function focusSearchField(): void {
  const field = document.getElementById(SEARCH_FIELD_ID);
  if (field !== null && field.offsetParent === null) {
    navigateToList('replace');
    requestAnimationFrame(() => document.getElementById(SEARCH_FIELD_ID)?.focus());
    return;
  }
  field?.focus();
  if (field instanceof HTMLInputElement) field.select();
}
