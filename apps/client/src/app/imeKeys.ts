/** The fields of a keyboard event that show whether an input method handled the key. */
type Key = Pick<KeyboardEvent, 'isComposing' | 'keyCode'>;

/** The `keyCode` of a key that an input method handled (UI Events, section 7.3.1). */
const IME_KEY_CODE = 229;

/**
 * Whether an input method handled this key, for example the Enter that picks a Japanese word. Chrome and Firefox set
 * `isComposing`. Safari ends the composition before `keydown`, so only `keyCode` shows it there.
 */
export function isImeKey({ isComposing, keyCode }: Key): boolean {
  return isComposing || keyCode === IME_KEY_CODE;
}

/**
 * Hides input-method keys from every key handler of the page, including those of libraries: while text is being
 * composed, Enter does not send, Escape does not close and arrows do not move. Browser defaults still apply. Call this
 * before any other listener is added. Returns a function that removes it.
 */
export function blockImeKeys(target: Window = window): () => void {
  const block = (event: KeyboardEvent): void => {
    if (isImeKey(event)) event.stopImmediatePropagation();
  };
  const types = ['keydown', 'keyup'] as const;
  for (const type of types) target.addEventListener(type, block, { capture: true });
  return () => {
    for (const type of types) target.removeEventListener(type, block, { capture: true });
  };
}
