import * as z from 'zod';

/** Maximum number of reported items; the rest of the list is not read. */
const WRONG_ITEMS_MAX = 20;

/**
 * A list of at most `max` items. The length is checked before the items, and items are checked until 20 are wrong, so that
 * a body full of invalid items costs no more than a small one.
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
