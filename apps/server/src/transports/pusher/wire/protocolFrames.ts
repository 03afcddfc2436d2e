import { textFrame } from './textFrame';

/** The frames of the protocol itself. Their data is JSON in a string, as the protocol demands. */
function frame(event: string, data: object, channel?: string): Buffer {
  return textFrame(JSON.stringify({ event, channel, data: JSON.stringify(data) }));
}

export const pingFrame = frame('pusher:ping', {});
export const pongFrame = frame('pusher:pong', {});

export const connectionEstablished = (socketId: string, activityTimeoutS: number): Buffer =>
  frame('pusher:connection_established', {
    socket_id: socketId,
    activity_timeout: activityTimeoutS,
  });

/** `code` is null for an error that has none of its own. */
export const errorFrame = (code: number | null, message: string): Buffer =>
  frame('pusher:error', { code, message });

export const subscriptionSucceeded = (channel: string, data: object = {}): Buffer =>
  frame('pusher_internal:subscription_succeeded', data, channel);

/** `type` is AuthError for a missing permission. `status` is that of HTTP. */
export const subscriptionError = (
  channel: string,
  error: { type: string; error: string; status: number },
): Buffer => frame('pusher:subscription_error', error, channel);

export const signinSuccess = (userData: string): Buffer =>
  frame('pusher:signin_success', { user_data: userData });

export const memberAdded = (channel: string, userId: string, userInfo: unknown): Buffer =>
  frame('pusher_internal:member_added', { user_id: userId, user_info: userInfo }, channel);

export const memberRemoved = (channel: string, userId: string): Buffer =>
  frame('pusher_internal:member_removed', { user_id: userId }, channel);

export const watchlistEvents = (
  events: readonly { name: 'online' | 'offline'; user_ids: readonly string[] }[],
): Buffer => frame('pusher_internal:watchlist_events', { events });

/** A cache channel has no event yet. */
export const cacheMiss = (channel: string): Buffer => frame('pusher:cache_miss', {}, channel);

export const subscriptionCount = (channel: string, count: number): Buffer =>
  frame('pusher_internal:subscription_count', { subscription_count: count }, channel);
