import type { Gauges } from '@pern/delivery/ports';

/** Measures nothing. */
export const noGauges: Gauges = {
  sendBatch: () => undefined,
  delivered: () => undefined,
  gapRead: () => undefined,
};
