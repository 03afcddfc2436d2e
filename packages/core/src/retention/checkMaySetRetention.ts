import { ForbiddenError, ValidationError } from '@chasqui/protocol';
import { barredError } from '../blocks/barred';
import type { Present } from '../conversations/read/present';

/**
 * In a group only an admin may set the retention; in a direct conversation either user may, unless one blocks the
 * other. Throws ForbiddenError, and ValidationError for more than the instance allows.
 */
export function checkMaySetRetention(
  { type, role, barred }: Pick<Present, 'type' | 'role' | 'barred'>,
  seconds: number | null,
  maxS: number | null,
): void {
  if (type === 'group' && role !== 'admin') {
    throw new ForbiddenError('only an admin may change how long content is kept');
  }
  // Messages from before a block may be the reason for it, so they must not be removed.
  if (barred === 'blocked') throw barredError(barred);
  if (maxS !== null && (seconds ?? Infinity) > maxS) {
    const message = `must be at most ${maxS}: this instance keeps nothing for longer`;
    throw new ValidationError(`retention_s ${message}`, [{ path: 'retention_s', message }]);
  }
}
