/** Of a keyboard event what says whether an input method has taken the key. */
type Key = Pick<KeyboardEvent, 'isComposing' | 'keyCode'>;

/** What browsers report as `keyCode` for a key that an input method has taken (UI Events, section 7.3.1). */
const TAKEN_BY_INPUT_METHOD = 229;

/**
 * Whether a key belongs to an input method, for example the Enter that chooses a Japanese word. Chrome and Firefox say
 * so in `isComposing`. Safari ends the composition before its `keydown`, so there only `keyCode` tells.
 */
export function belongsToInputMethod({ isComposing, keyCode }: Key): boolean {
  return isComposing || keyCode === TAKEN_BY_INPUT_METHOD;
}

/**
 * Keeps such keys from every handler of the page, those of libraries included: no Enter sends, no Escape closes and no
 * arrow moves while a text is being composed. What the browser itself does with the key still happens. Call this
 * before anything else listens. Returns what ends it.
 */
export function shieldInputMethod(target: Window = window): () => void {
  const shield = (event: KeyboardEvent): void => {
    if (belongsToInputMethod(event)) event.stopImmediatePropagation();
  };
  const types = ['keydown', 'keyup'] as const;
  for (const type of types) target.addEventListener(type, shield, { capture: true });
  return () => {
    for (const type of types) target.removeEventListener(type, shield, { capture: true });
  };
}
