import { HUB_PATH } from '../hub';
import type { Selector } from '../selectors/selector';

/** One selector of one subscriber, as the nodes share it. */
export interface ActiveSubscription {
  readonly kind: Selector['kind'];
  readonly selector: string;
  /** Unique per connection. */
  readonly subscriber: string;
  /** What its token says about it. */
  readonly payload?: unknown;
}

export type Dialect = 'older' | '1.0';

const CONTEXT = 'https://mercure.rocks/';
export const SUBSCRIPTIONS_PATH = `${HUB_PATH}/subscriptions`;

export const dialectOf = ({ kind }: Pick<ActiveSubscription, 'kind'>): Dialect =>
  kind === 'topic' ? 'older' : '1.0';

/** The topic of a subscription's events, and the path of its document. */
export function pathOf({ kind, selector, subscriber }: ActiveSubscription): string {
  const parts = kind === 'topic' ? [selector] : [kind, selector];
  return [SUBSCRIPTIONS_PATH, ...[...parts, subscriber].map(encodeURIComponent)].join('/');
}

/** The path of the subscriptions with the same selector. */
export const collectionOf = (subscription: ActiveSubscription): string =>
  pathOf({ ...subscription, subscriber: '' }).slice(0, -1);

/** A subscription in the form of its dialect. */
export function documentOf(subscription: ActiveSubscription, active: boolean): object {
  const { kind, selector, subscriber, payload } = subscription;
  const shown = { subscriber, active, ...(payload === undefined ? {} : { payload }) };
  const id = pathOf(subscription);
  return kind === 'topic'
    ? { id, type: 'Subscription', topic: selector, ...shown }
    : { id, type: 'subscription', match_type: kind, match: selector, ...shown };
}

/** The document of a path. Undefined if it names a subscription that is not active. */
export function answerFor(
  path: string,
  active: readonly ActiveSubscription[],
  { dialect, lastEventId }: { dialect: Dialect; lastEventId: string },
): object | undefined {
  const isOlder = dialect === 'older';
  // In the older dialect the body has the position, in 1.0 the Link header.
  const more = isOlder ? { '@context': CONTEXT, lastEventID: lastEventId } : {};
  const one = active.find((subscription) => pathOf(subscription) === path);
  if (one !== undefined) return { ...more, ...documentOf(one, true) };
  const isAll = path === SUBSCRIPTIONS_PATH;
  const found = isAll ? active : active.filter((each) => collectionOf(each) === path);
  if (!isAll && !isCollection(path)) return undefined;
  const subscriptions = found.map((each) => documentOf(each, true));
  return { ...more, id: path, type: isOlder ? 'Subscriptions' : 'subscriptions', subscriptions };
}

/** Collections have a selector after the path, in 1.0 with its kind in front. */
function isCollection(path: string): boolean {
  const parts = path.slice(SUBSCRIPTIONS_PATH.length + 1).split('/');
  const [first] = parts;
  return parts.length === (first === 'exact' || first === 'urlpattern' ? 2 : 1);
}
