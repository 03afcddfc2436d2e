import { create } from 'zustand';
import { errorText } from '../shared/formatting/errorText';

/** A short message that disappears by itself. */
export interface Notice {
  readonly id: number;
  readonly text: string;
}

let last = 0;

export const useNotices = create<{ readonly notices: readonly Notice[] }>()(() => ({
  notices: [],
}));

export function notify(text: string): void {
  last += 1;
  const notice = { id: last, text };
  // A repeated text replaces the earlier notice.
  useNotices.setState(({ notices }) => ({
    notices: [...notices.filter((one) => one.text !== text), notice].slice(-3),
  }));
}

export function dismiss(id: number): void {
  useNotices.setState(({ notices }) => ({ notices: notices.filter((one) => one.id !== id) }));
}

/** Awaits an action and shows a notice if it fails. Resolves to whether it succeeded. */
export async function attempt(action: Promise<unknown>): Promise<boolean> {
  try {
    await action;
    return true;
  } catch (error) {
    notify(errorText(error));
    return false;
  }
}
