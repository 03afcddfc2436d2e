import {
  type Capability,
  createEvent,
  type Privacy,
  PROTOCOL,
  type ServerEvent,
} from '@chasqui/protocol';

/** The first event of every connection. */
export function sessionReady(
  userId: string,
  deviceId: string,
  offered: readonly Capability[],
): ServerEvent<'session:ready'> {
  return createEvent(
    'session:ready',
    { userId, deviceId, protocol: PROTOCOL, capabilities: [...offered] },
    { conversationId: null, seq: null, recipients: { scope: 'connection' } },
  );
}

/** The user changed who may write to them or add them: for their own devices. */
export function privacyChanged(userId: string, privacy: Privacy): ServerEvent<'privacy:changed'> {
  return createEvent('privacy:changed', privacy, {
    conversationId: null,
    seq: null,
    recipients: { scope: 'users', userIds: [userId] },
  });
}

/** The user blocked or unblocked another: for their own devices and nobody else's. */
export function blockChanged(
  userId: string,
  otherId: string,
  blocked: boolean,
): ServerEvent<'chat:block_changed'> {
  return createEvent(
    'chat:block_changed',
    { userId: otherId, blocked },
    { conversationId: null, seq: null, recipients: { scope: 'users', userIds: [userId] } },
  );
}
