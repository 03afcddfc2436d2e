import { canonicalEmoji, reactionEmoji } from '@chasqui/protocol';
import groups from 'unicode-emoji-json/data-by-group.json';

const offered = groups.flatMap(({ emojis }) => emojis.map(({ emoji }) => emoji));

test('[client] the server accepts every emoji of the picker as a reaction, unchanged', () => {
  expect(offered.filter((emoji) => reactionEmoji.safeParse(emoji).data !== emoji)).toEqual([]);
});

test('[client] an emoji without variation selectors is the same reaction', () => {
  const bare = (emoji: string): string => emoji.replaceAll('\ufe0f', '');
  expect(offered.filter((emoji) => canonicalEmoji(bare(emoji)) !== emoji)).toEqual([]);
});
