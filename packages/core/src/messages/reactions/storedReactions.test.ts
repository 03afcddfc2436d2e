import { REACTION_USERS_MAX } from '@chasqui/protocol';
import { mergeReactions, presentReactions } from './storedReactions';

test('two spellings of an emoji are shown as one, each user once', () => {
  const stored = [
    { emoji: '❤', user_ids: ['ana', 'ben'] },
    { emoji: '👍', user_ids: ['ana'] },
    { emoji: '❤️', user_ids: ['cleo', 'ana'] },
  ];
  expect(presentReactions(stored)).toEqual([
    { emoji: '❤️', user_ids: ['ana', 'ben', 'cleo'] },
    { emoji: '👍', user_ids: ['ana'] },
  ]);
});

test('a text of earlier releases keeps its name', () => {
  const stored = ['..', ':llama:', '__proto__'].map((emoji) => ({ emoji, user_ids: ['ana'] }));
  expect(mergeReactions(stored)).toEqual(stored);
});

test('of more than 100 users the first 100 are named, and all are counted', () => {
  const user_ids = Array.from({ length: REACTION_USERS_MAX + 1 }, (_, i) => `user ${i}`);
  expect(presentReactions([{ emoji: '👍', user_ids }])).toEqual([
    { emoji: '👍', user_ids: user_ids.slice(0, REACTION_USERS_MAX), count: user_ids.length },
  ]);
  const exact = user_ids.slice(0, REACTION_USERS_MAX);
  expect(presentReactions([{ emoji: '👍', user_ids: exact }])).toEqual([
    { emoji: '👍', user_ids: exact },
  ]);
});
