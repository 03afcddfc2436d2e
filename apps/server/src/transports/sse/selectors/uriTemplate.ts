import { createExpression, type Expression, type Piece } from './expression';

/** How an operator of RFC 6570 expands: what comes first, between values, and whether names are written. */
const operators: Readonly<Record<string, { first: string; between: string; named: boolean }>> = {
  '': { first: '', between: ',', named: false },
  '+': { first: '', between: ',', named: false },
  '#': { first: '#', between: ',', named: false },
  '.': { first: '.', between: '.', named: false },
  '/': { first: '/', between: '/', named: false },
  ';': { first: ';', between: ';', named: true },
  '?': { first: '?', between: '&', named: true },
  '&': { first: '&', between: '&', named: true },
};

const VARIABLE = /^[A-Za-z0-9_%.]{1,100}(?:\*|:[1-9]\d{0,3})?$/;

/**
 * Matches texts against a URI template (RFC 6570), in the manner of Mercure: each expression is optional, and no value
 * contains a slash. Undefined if the text is not a template, or has no expression and so only matches itself.
 */
export function parseUriTemplate(template: string): Expression | undefined {
  const pieces: Piece[] = [];
  let rest = template;
  let expressions = 0;
  for (;;) {
    const open = rest.indexOf('{');
    const text = open < 0 ? rest : rest.slice(0, open);
    if (text.includes('}')) return undefined;
    if (text !== '') pieces.push({ kind: 'text', text });
    if (open < 0) break;
    const close = rest.indexOf('}', open);
    const parsed = close < 0 ? undefined : parseExpression(rest.slice(open + 1, close));
    if (parsed === undefined) return undefined;
    pieces.push(parsed);
    expressions += 1;
    rest = rest.slice(close + 1);
  }
  return expressions === 0 ? undefined : createExpression(pieces);
}

function parseExpression(content: string): Piece | undefined {
  const operator = content.charAt(0);
  const isOperator = operator !== '' && Object.hasOwn(operators, operator);
  const { first, between, named } = operators[isOperator ? operator : ''] as (typeof operators)[''];
  const variables = content.slice(isOperator ? 1 : 0).split(',');
  if (!variables.every((variable) => VARIABLE.test(variable))) return undefined;
  const value: Piece = { kind: 'run', without: '/', least: 0 };
  const pieces = variables.map((variable, index): Piece => {
    const before = index === 0 ? first : between;
    const name = named ? variable.replace(/[*:].*$/, '') : '';
    const assigned: Piece[] = named ? [{ kind: 'optional', pieces: [text('='), value] }] : [value];
    return { kind: 'optional', pieces: [text(`${before}${name}`), ...assigned] };
  });
  return { kind: 'optional', pieces };
}

const text = (value: string): Piece => ({ kind: 'text', text: value });
