import { belongsToInputMethod } from './imeKeys';

test.each([
  ['Chrome and Firefox, within a composition', { isComposing: true, keyCode: 229 }, true],
  ['Firefox before version 65, which left the code', { isComposing: true, keyCode: 13 }, true],
  ['Safari, after the end of the composition', { isComposing: false, keyCode: 229 }, true],
  ['the Enter after it, anywhere', { isComposing: false, keyCode: 13 }, false],
])('%s', (_, key, expected) => {
  expect(belongsToInputMethod(key)).toBe(expected);
});
