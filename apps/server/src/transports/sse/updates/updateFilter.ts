import type { TopicEvent } from '@chasqui/topics';
import type { Selector } from '../selectors/selector';
import type { HubGrant } from './hubTokens';

/**
 * Whether a subscriber receives an update: a selector must match one of its topics, and a private update must be allowed by
 * the token as well. Judged when the update is sent, for history too.
 */
export const updateFilter =
  (selectors: readonly Selector[], grant: HubGrant) =>
  ({ topics, private: isPrivate }: TopicEvent): boolean =>
    topics.some((topic) => selectors.some((selector) => selector.matches(topic))) &&
    (!isPrivate || grant.subscribes(topics));
