import { privacySchema } from '../rest/account/privacy';
import type { ServerEvent } from './event';

/** So that all devices of a user show the same settings. */
export const privacyChanged = {
  name: 'privacy:changed',
  summary: 'I changed who may write to me or add me: to my own devices.',
  data: privacySchema,
} as const satisfies ServerEvent;
