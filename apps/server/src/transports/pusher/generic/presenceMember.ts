import { ValidationError } from '@chasqui/protocol';
import { parseObject } from '../wire/clientFrame';

/** A member of a presence channel, as the application describes it. */
export interface PresenceMember {
  readonly userId: string;
  readonly info: unknown;
}

/** Characters of a user's id, and of their info as JSON, as on Pusher Channels. */
const USER_ID_MAX = 128;
const USER_INFO_MAX = 1_024;

/** Throws ValidationError unless the signed data, or else the sign-in, names a user. */
export function presenceMemberOf(
  channelData: string | undefined,
  signedInAs: string | undefined,
): PresenceMember {
  if (channelData === undefined) {
    if (signedInAs === undefined)
      throw new ValidationError('a presence channel needs channel_data or a sign-in');
    return { userId: signedInAs, info: undefined };
  }
  const { user_id: id, user_info: info } = parseObject(channelData) ?? {};
  const userId = typeof id === 'number' ? String(id) : id;
  if (typeof userId !== 'string' || userId === '' || userId.length > USER_ID_MAX)
    throw new ValidationError(`user_id has 1 to ${USER_ID_MAX} characters`);
  if ((JSON.stringify(info) ?? '').length > USER_INFO_MAX)
    throw new ValidationError(`user_info has at most ${USER_INFO_MAX} characters`);
  return { userId, info };
}
