/** Whether somebody can be looking: the page is visible and its window is the one in use. */
export const isAttending = (): boolean =>
  document.visibilityState === 'visible' && document.hasFocus();

/** Told when somebody may have begun to look. Returns what ends it. */
export function onAttention(listener: () => void): () => void {
  addEventListener('focus', listener);
  document.addEventListener('visibilitychange', listener);
  return () => {
    removeEventListener('focus', listener);
    document.removeEventListener('visibilitychange', listener);
  };
}
