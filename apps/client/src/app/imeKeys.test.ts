import { isImeKey } from './imeKeys';

test.each([
  [
    'a key within a composition in Chrome and Firefox belongs to the input method',
    { isComposing: true, keyCode: 229 },
    true,
  ],
  [
    'so does one in Firefox before version 65, which kept the key code',
    { isComposing: true, keyCode: 13 },
    true,
  ],
  ['so does one in Safari after the composition ended', { isComposing: false, keyCode: 229 }, true],
  ['the next Enter does not, in any browser', { isComposing: false, keyCode: 13 }, false],
])('%s', (_, key, expected) => {
  expect(isImeKey(key)).toBe(expected);
});
