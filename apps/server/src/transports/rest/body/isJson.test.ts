import { isJson } from './isJson';

test.each([
  'application/json',
  'Application/JSON',
  'application/json;',
  'application/json ; charset=UTF-8',
  'application/json; charset = "utf-8" ;',
  'application/problem+json',
  'application/vnd.example.v2+json; charset=utf-8',
])('%j is JSON', (header) => {
  expect(isJson(header)).toBe(true);
});

test.each([
  undefined,
  '',
  'text/plain',
  'text/json',
  'application/jsonp',
  'application/+json',
  'application/a b+json',
  'application/a/b+json',
  'application/json; charset=latin1',
  'application/json; charset=utf-8=utf-8',
  'application/json; charset',
  'application/json, application/json',
  `application/json${' '.repeat(255)}`,
])('%j is not JSON', (header) => {
  expect(isJson(header)).toBe(false);
});
