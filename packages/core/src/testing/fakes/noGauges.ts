import type { Gauges } from '../../ports/index';

/** Measures nothing. */
export const noGauges: Gauges = {
  sendBatch: () => undefined,
  delivered: () => undefined,
  gapRead: () => undefined,
};
