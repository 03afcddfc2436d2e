import { REACTION_USERS_MAX } from '@chasqui/protocol';
import { mergeReactions, presentReactions } from './storedReactions';

test('two spellings of an emoji are merged, with each user once', () => {
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

test('a reaction of an earlier release that is no emoji keeps its text', () => {
  const stored = ['..', ':llama:', '__proto__'].map((emoji) => ({ emoji, user_ids: ['ana'] }));
  expect(mergeReactions(stored)).toEqual(stored);
});

test('a reaction by more than 100 users lists the first 100 and counts all', () => {
  const user_ids = Array.from({ length: REACTION_USERS_MAX + 1 }, (_, i) => `user ${i}`);
  expect(presentReactions([{ emoji: '👍', user_ids }])).toEqual([
    { emoji: '👍', user_ids: user_ids.slice(0, REACTION_USERS_MAX), count: user_ids.length },
  ]);
  const exact = user_ids.slice(0, REACTION_USERS_MAX);
  expect(presentReactions([{ emoji: '👍', user_ids: exact }])).toEqual([
    { emoji: '👍', user_ids: exact },
  ]);
});
