/** One piece of an expression: literal text, a run of characters, or pieces of which the whole may be absent. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string }
  /** Any number of characters except those in `without`; at least one if `least` is 1. */
  | { readonly kind: 'run'; readonly without: string; readonly least: 0 | 1 }
  | { readonly kind: 'optional'; readonly pieces: readonly Piece[] };

type State =
  | { readonly kind: 'text'; readonly character: string }
  /** Stays for each accepted character; may be left at any time. */
  | { readonly kind: 'run'; readonly without: string }
  | { readonly kind: 'any'; readonly without: string }
  /** Continues with the next state and with the one at `to`. */
  | { readonly kind: 'skip'; readonly to: number };

/** Matches whole texts. The work is at most states × characters: no text and no expression makes it more (no backtracking). */
export interface Expression {
  /** How many states it has, to limit what one client may ask for. */
  readonly size: number;
  matches(text: string): boolean;
}

export function createExpression(pieces: readonly Piece[]): Expression {
  const states: State[] = [];
  append(states, pieces);
  return { size: states.length, matches: (text) => runStates(states, text) };
}

function append(states: State[], pieces: readonly Piece[]): void {
  for (const piece of pieces) {
    switch (piece.kind) {
      case 'text':
        for (const character of piece.text) states.push({ kind: 'text', character });
        break;
      case 'run':
        if (piece.least === 1) states.push({ kind: 'any', without: piece.without });
        states.push({ kind: 'run', without: piece.without });
        break;
      case 'optional': {
        const at = states.length;
        states.push({ kind: 'skip', to: 0 });
        append(states, piece.pieces);
        states[at] = { kind: 'skip', to: states.length };
        break;
      }
      default:
        piece satisfies never;
    }
  }
}

function runStates(states: readonly State[], text: string): boolean {
  let current = new Set<number>();
  enter(states, current, 0);
  for (const character of text) {
    const next = new Set<number>();
    for (const at of current) {
      const state = states[at];
      if (state === undefined || state.kind === 'skip') continue;
      if (state.kind === 'text') {
        if (state.character === character) enter(states, next, at + 1);
      } else if (!state.without.includes(character)) {
        enter(states, next, state.kind === 'run' ? at : at + 1);
      }
    }
    if (next.size === 0) return false;
    current = next;
  }
  return current.has(states.length);
}

/** Adds the state, and those that it reaches without a character. */
function enter(states: readonly State[], reached: Set<number>, first: number): void {
  const open = [first];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    if (reached.has(at)) continue;
    reached.add(at);
    const state = states[at];
    if (state?.kind === 'run') open.push(at + 1);
    if (state?.kind === 'skip') open.push(at + 1, state.to);
  }
}
