import * as z from 'zod';

/** Wrong items of a list that are named; the rest of it is not read. */
const WRONG_ITEMS_MAX = 20;

/**
 * A list of at most `max` items. Its length is judged before its items, and items are judged until 20 are wrong: a body
 * full of nonsense costs no more than a small one.
 */
export function listOf<Item extends z.ZodType<unknown, unknown>>(item: Item, max: number) {
  return z.preprocess((value: z.input<Item>[], context) => {
    if (!Array.isArray(value)) return value;
    if (value.length > max) {
      context.addIssue({ code: 'custom', message: `must have at most ${max} items` });
      return z.NEVER;
    }
    let wrong = 0;
    const end = value.findIndex((one) => !item.safeParse(one).success && ++wrong > WRONG_ITEMS_MAX);
    return end === -1 ? value : value.slice(0, end);
  }, z.array(item).max(max));
}
