import { createExpression, type Expression, type Piece } from './expression';

/** Decides whether a topic matches. */
export type TopicMatcher = (topic: string) => boolean;

const components = [
  ...(['protocol', 'username', 'password', 'hostname'] as const),
  ...(['port', 'pathname', 'search', 'hash'] as const),
];
type Component = (typeof components)[number];

/** What a named group of a component does not contain. */
const separators: Readonly<Partial<Record<Component, string>>> = { hostname: '.', pathname: '/' };

/**
 * A URL pattern, relative to the hub's URL. The library parses and normalizes it; matching is done here, in linear time.
 * Undefined if it is malformed, or has regular expressions or repeated groups, whose cost no limit would bound.
 */
export async function parseUrlPattern(
  pattern: string,
  hubUrl: string,
): Promise<TopicMatcher | undefined> {
  // An ES module, and Node 20 has no URLPattern of its own.
  const { URLPattern } = await import('urlpattern-polyfill');
  const expressions = compile(() => new URLPattern(pattern, hubUrl));
  if (expressions === undefined) return undefined;
  return (topic) => {
    if (!URL.canParse(topic, hubUrl)) return false;
    const url = new URL(topic, hubUrl);
    return expressions.every(([component, expression]) =>
      expression.matches(partOf(url, component)),
    );
  };
}

function compile(
  parse: () => Readonly<Record<Component, string>>,
): [Component, Expression][] | undefined {
  try {
    const parsed = parse();
    return components.map((component) => {
      const pieces = readPieces(parsed[component], separators[component] ?? '');
      return [component, createExpression(pieces)];
    });
  } catch {
    return undefined;
  }
}

function partOf(url: URL, component: Component): string {
  const part = url[component];
  switch (component) {
    case 'protocol':
      return part.slice(0, -1);
    case 'search':
    case 'hash':
      return part.slice(1);
    default:
      return part;
  }
}

const NAME = /^:[\p{ID_Start}_$][\p{ID_Continue}$]*/u;

/** Reads a component as the library writes it. Throws for what is not supported. */
function readPieces(component: string, separator: string): Piece[] {
  const [pieces, rest] = readGroup(component, separator, false);
  if (rest !== '') throw new Error('unexpected }');
  return pieces;
}

function readGroup(from: string, separator: string, isInside: boolean): [Piece[], string] {
  const pieces: Piece[] = [];
  let rest = from;
  while (rest !== '') {
    const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
    if (character === '}') {
      if (!isInside) throw new Error('unexpected }');
      return [pieces, rest.slice(1)];
    }
    let piece: Piece;
    const [name] = NAME.exec(rest) ?? [];
    if (character === '\\') {
      piece = { kind: 'text', text: rest.charAt(1) };
      rest = rest.slice(2);
    } else if (character === '*') {
      piece = { kind: 'run', without: '', least: 0 };
      rest = rest.slice(1);
    } else if (name !== undefined) {
      piece = { kind: 'run', without: separator, least: 1 };
      rest = rest.slice(name.length);
    } else if (character === '{') {
      const [inner, after] = readGroup(rest.slice(1), separator, true);
      piece = { kind: 'optional', pieces: inner };
      rest = after;
      pieces.push(...unlessOptional(piece, rest));
      if (rest.startsWith('?')) rest = rest.slice(1);
      continue;
    } else if (character === '(') {
      throw new Error('regular expressions are not supported');
    } else {
      piece = { kind: 'text', text: character };
      rest = rest.slice(character.length);
      pieces.push(piece);
      continue;
    }
    if (piece.kind === 'run' && /^[+*(]/.test(rest)) throw new Error('repetition is not supported');
    if (piece.kind === 'run' && rest.startsWith('?')) {
      // Outside of a group, the slash in front of an optional name belongs to it.
      const isPrefixed = !isInside && separator === '/' && isSlash(pieces.at(-1));
      const prefix = isPrefixed ? pieces.splice(-1) : [];
      piece = { kind: 'optional', pieces: [...prefix, piece] };
      rest = rest.slice(1);
    }
    pieces.push(piece);
  }
  if (isInside) throw new Error('missing }');
  return [pieces, rest];
}

const isSlash = (piece: Piece | undefined): boolean => piece?.kind === 'text' && piece.text === '/';

/** A group without `?` after it is only there for clarity. */
function unlessOptional(
  group: Extract<Piece, { kind: 'optional' }>,
  rest: string,
): readonly Piece[] {
  if (/^[+*]/.test(rest)) throw new Error('repetition is not supported');
  return rest.startsWith('?') ? [group] : group.pieces;
}
