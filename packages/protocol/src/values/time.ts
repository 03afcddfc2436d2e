import * as z from 'zod';

/** A time on the wire: ISO 8601 in UTC with milliseconds, as written by `Date.prototype.toISOString`. */
export const timestamp = z.iso
  .datetime({ precision: 3 })
  .meta({ pattern: undefined, examples: ['2026-01-31T12:00:00.000Z'] });
