import { create } from 'zustand';
import { explain } from '../shared/formatting/errorText';

/** Something that people are told in passing. */
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
  // The same words again take the place of the first: nobody reads them twice.
  useNotices.setState(({ notices }) => ({
    notices: [...notices.filter((one) => one.text !== text), notice].slice(-3),
  }));
}

export function dismiss(id: number): void {
  useNotices.setState(({ notices }) => ({ notices: notices.filter((one) => one.id !== id) }));
}

/** For actions whose failure nobody waits for: tells it. Resolves to whether it was done. */
export async function attempt(action: Promise<unknown>): Promise<boolean> {
  try {
    await action;
    return true;
  } catch (error) {
    notify(explain(error));
    return false;
  }
}
