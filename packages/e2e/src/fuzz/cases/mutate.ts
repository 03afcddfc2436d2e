import * as fc from 'fast-check';
import { RawText } from './jsonText';
import { hostileValue, hostileKey } from './hostileValues';

type Change =
  | { kind: 'replace' | 'whole'; value: unknown }
  | { kind: 'drop' | 'wrap' | 'double' | 'upperCase' }
  | { kind: 'add'; key: string; value: unknown };

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('replace' as const), value: hostileValue }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('whole' as const), value: hostileValue }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      key: hostileKey,
      value: hostileValue,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom<'drop' | 'wrap' | 'double' | 'upperCase'>(
        'drop',
        'wrap',
        'double',
        'upperCase',
      ),
    }),
  },
);

/** The values with up to three mutations; about every third value is unchanged. */
export function mutated(values: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const changes = fc.oneof(
    { weight: 1, arbitrary: fc.constant([]) },
    {
      weight: 2,
      arbitrary: fc.array(fc.tuple(fc.nat(), change), { minLength: 1, maxLength: 3 }),
    },
  );
  return fc
    .tuple(values, changes)
    .map(([value, todo]) =>
      todo.reduce<unknown>((changed, [where, what]) => apply(changed, where, what), value),
    );
}

type Fields = Record<string, unknown>;

/** Returns a copy with one place changed. */
function apply(value: unknown, where: number, what: Change): unknown {
  if (what.kind === 'whole') return what.value;
  if (what.kind === 'add') {
    // Not by assignment, which would set a prototype.
    return isFields(value)
      ? Object.fromEntries([...Object.entries(value), [what.key, what.value]])
      : value;
  }
  if (Array.isArray(value) && value.length > 0) {
    const items: unknown[] = value;
    return items.map((item, at) => (at === where % items.length ? changedTo(item, what) : item));
  }
  if (!isFields(value)) return changedTo(value, what);
  const entries = Object.entries(value);
  const chosen = entries[where % Math.max(entries.length, 1)]?.[0];
  return Object.fromEntries(
    entries.flatMap(([key, one]): [string, unknown][] => {
      if (key !== chosen) return [[key, one]];
      return what.kind === 'drop' ? [] : [[key, changedTo(one, what)]];
    }),
  );
}

function changedTo(value: unknown, what: Exclude<Change, { kind: 'add' }>): unknown {
  switch (what.kind) {
    case 'replace':
    case 'whole':
      return what.value;
    case 'drop':
      return undefined;
    case 'wrap':
      return [value];
    case 'double':
      return [value, value];
    case 'upperCase':
      return typeof value === 'string' ? value.toUpperCase() : value;
  }
}

function isFields(value: unknown): value is Fields {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof RawText)
  );
}
