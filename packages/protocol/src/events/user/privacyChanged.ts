import { privacySchema } from '../../rest/account/privacy';
import type { EventDefinition } from '../event';

/** Keeps all devices of a user at the same settings. */
export const privacyChanged = {
  name: 'privacy:changed',
  summary: "The user's privacy settings changed. Sent to the user's own devices.",
  data: privacySchema,
} as const satisfies EventDefinition;
