import { ForbiddenError, type InstanceRole } from '@chasqui/protocol';
import type { Actor } from '../securityLog';

/**
 * An administrator: a user with an instance role, or the operator at the command line, who may do
 * everything.
 */
export type Administrator = { userId: string; role: InstanceRole } | 'command';

/** The actor fields for the security log. */
export function actorOf(administrator: Administrator): Actor {
  return administrator === 'command' ? { actor: 'command' } : { actorId: administrator.userId };
}

/** For columns that record who did something; null for the command line. */
export function actorIdOf(administrator: Administrator): string | null {
  return administrator === 'command' ? null : administrator.userId;
}

/** Throws ForbiddenError unless this is an owner. */
export function checkIsOwner(administrator: Administrator): void {
  if (administrator !== 'command' && administrator.role !== 'owner') {
    throw new ForbiddenError('only owners of the instance may do this');
  }
}

/**
 * Throws ForbiddenError unless this administrator may act on users of that role. An admin who could
 * reset an owner's password could become owner; and nobody can lock themselves out.
 */
export function checkMayActUpon(
  administrator: Administrator,
  target: { userId: string; role: InstanceRole | null },
): void {
  if (administrator === 'command') return;
  if (administrator.userId === target.userId) {
    throw new ForbiddenError('administrators cannot do this to themselves');
  }
  if (target.role !== null && administrator.role !== 'owner') {
    throw new ForbiddenError(
      "only owners of the instance may act on the instance's administrators",
    );
  }
}
