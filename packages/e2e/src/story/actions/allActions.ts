import type { Action } from './action';
import { deviceActions } from './deviceActions';
import { groupActions } from './groupActions';
import { messageActions } from './messageActions';

/** In a fixed order, because a seed selects actions by position. */
export const actions: readonly Action[] = [...messageActions, ...groupActions, ...deviceActions];
