import { EMOJI_MAX_BYTES } from '../limits';
import type { Problem } from './textRules';

const PRESENTATION_SELECTOR = '\ufe0f';

// A character that is shown as text unless a selector or a skin tone follows it: ❤, ♂, the digits of keycaps.
const TEXT_BY_DEFAULT = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu;

/**
 * The fully qualified form of an emoji, so that ❤ and ❤️ are the same. Other text is returned unchanged, so that reactions
 * stored before they had to be emoji keep their name. Idempotent.
 */
export function canonicalEmoji(text: string): string {
  // Longer than any emoji.
  if (text.length > EMOJI_MAX_BYTES) return text;
  const qualified = text
    .replaceAll(PRESENTATION_SELECTOR, '')
    .replace(TEXT_BY_DEFAULT, `$&${PRESENTATION_SELECTOR}`);
  return isRgiEmoji(qualified) ? qualified : text;
}

/** Why a text is not a reaction: it must be one emoji recommended for general interchange. */
export function reactionProblem(text: string): Problem {
  return text.length <= EMOJI_MAX_BYTES && isRgiEmoji(text) ? undefined : 'must be a single emoji';
}

let rgiEmoji: RegExp | undefined;

/** The engine's Unicode version decides which emoji exist: at least 15.0 in Node 20. */
function isRgiEmoji(text: string): boolean {
  // Created on first use, so that browsers without this flag can load the module.
  rgiEmoji ??= new RegExp('^\\p{RGI_Emoji}$', 'v');
  return rgiEmoji.test(text);
}
