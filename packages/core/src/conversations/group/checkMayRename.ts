import { ForbiddenError } from '@chasqui/protocol';
import type { Present } from '../read/present';

/** Throws ForbiddenError unless the user is an admin or a moderator. A direct conversation has no title. */
export function checkMayRename({ type, role }: Pick<Present, 'type' | 'role'>): void {
  if (type === 'direct') {
    throw new ForbiddenError(
      'the participants and the title of a direct conversation cannot be changed',
    );
  }
  if (role === 'member') {
    throw new ForbiddenError('only an admin or a moderator may change the title');
  }
}
