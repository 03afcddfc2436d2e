/** Whether the user can be reading: the page is visible and its window has the focus. */
export const isPageFocused = (): boolean =>
  document.visibilityState === 'visible' && document.hasFocus();

/** Calls the listener when focus or visibility may have changed. Returns a function that removes it. */
export function onPageFocusChange(listener: () => void): () => void {
  addEventListener('focus', listener);
  document.addEventListener('visibilitychange', listener);
  return () => {
    removeEventListener('focus', listener);
    document.removeEventListener('visibilitychange', listener);
  };
}
