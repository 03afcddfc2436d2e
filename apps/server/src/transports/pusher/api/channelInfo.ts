import { ValidationError } from '@chasqui/protocol';
import { parseChannelName } from '../channels/channelName';
import type { GenericChannels } from '../generic/genericChannels';

/** The attributes of a channel that a request names. Throws ValidationError for one that the channel has not. */
export function channelInfo(
  generic: GenericChannels,
  channel: string,
  attributes: readonly string[],
): Readonly<Record<string, unknown>> {
  const kind = parseChannelName(channel);
  const isPresence = kind?.kind === 'generic' && kind.access === 'presence';
  const info: Record<string, unknown> = {};
  for (const attribute of attributes) {
    if (attribute === 'user_count' && isPresence) info.user_count = generic.userIds(channel).length;
    else if (attribute === 'subscription_count')
      info.subscription_count = generic.subscriptionCount(channel);
    else if (attribute === 'cache' && kind?.kind === 'generic' && kind.cached) {
      const cached = generic.cached(channel);
      info.cache = cached === null ? null : { data: cached.data, ttl: cached.ttlS };
    } else throw new ValidationError(`this channel has no attribute ${attribute.slice(0, 40)}`);
  }
  return info;
}

export const attributesOf = (text: string | undefined): string[] =>
  (text ?? '').split(',').filter((one) => one !== '');
