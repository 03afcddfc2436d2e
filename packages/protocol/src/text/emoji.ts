import { EMOJI_MAX_BYTES } from '../limits';
import type { Problem } from './textRules';

const PRESENTATION_SELECTOR = '\ufe0f';

// A character that is shown as text unless a selector or a skin tone follows it: ❤, ♂, the digits of keycaps.
const TEXT_BY_DEFAULT = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\p{Emoji_Modifier})/gu;

/**
 * The fully qualified form of an emoji: ❤ and ❤️ are one. What is no emoji comes back as it is, so that a reaction
 * stored before reactions had to be emoji keeps its name. A second call changes nothing.
 */
export function canonicalEmoji(text: string): string {
  // Longer than any emoji: not worth a look.
  if (text.length > EMOJI_MAX_BYTES) return text;
  const qualified = text
    .replaceAll(PRESENTATION_SELECTOR, '')
    .replace(TEXT_BY_DEFAULT, `$&${PRESENTATION_SELECTOR}`);
  return isRgiEmoji(qualified) ? qualified : text;
}

/** What keeps a text from being a reaction: it has to be one emoji that is recommended for general interchange. */
export function reactionProblem(text: string): Problem {
  return text.length <= EMOJI_MAX_BYTES && isRgiEmoji(text) ? undefined : 'must be a single emoji';
}

let rgiEmoji: RegExp | undefined;

/** The engine's Unicode version decides which emoji there are: at least 15.0 in Node 20. */
function isRgiEmoji(text: string): boolean {
  // Made when it is first used: a browser without this flag can still load the module.
  rgiEmoji ??= new RegExp('^\\p{RGI_Emoji}$', 'v');
  return rgiEmoji.test(text);
}
