import { type FocusEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Row } from './timeline/timelineRows';

type ScrollToIndex = (index: number, options: { align: 'auto' }) => void;

/** Roving tabindex: the list is one Tab stop, arrows move between messages, Enter opens the menu of a message. */
export function useRovingFocus(rows: readonly Row[], scrollToIndex: ScrollToIndex) {
  const [active, setActive] = useState<string>();
  const toFocus = useRef<string>(undefined);
  const activeRow =
    active !== undefined && rows.some(({ key }) => key === active) ? active : undefined;
  const current = activeRow ?? rows.findLast(({ type }) => type === 'message')?.key;

  useEffect(() => {
    if (toFocus.current === undefined) return;
    const slot = document.querySelector<HTMLElement>(`[data-key="${CSS.escape(toFocus.current)}"]`);
    if (slot === null) return;
    toFocus.current = undefined;
    slot.focus({ preventScroll: true });
  });

  function moveFocus(by: 1 | -1): void {
    let index = rows.findIndex(({ key }) => key === current) + by;
    while (rows[index] !== undefined && rows[index]?.type !== 'message') index += by;
    const next = rows[index];
    if (next === undefined) return;
    toFocus.current = next.key;
    setActive(next.key);
    scrollToIndex(index, { align: 'auto' });
  }

  return {
    propsOf: (row: Row) =>
      row.type === 'message' ? { tabIndex: row.key === current ? 0 : -1 } : {},
    onFocus({ target }: FocusEvent) {
      const slot = target instanceof HTMLElement ? target.closest('[data-key]') : null;
      const key = slot?.getAttribute('data-key') ?? undefined;
      if (key !== undefined) setActive(key);
    },
    onKeyDown(event: KeyboardEvent) {
      const { target, key } = event;
      if (!(target instanceof HTMLElement) || !target.matches('.message-slot')) return;
      if (key === 'ArrowUp') moveFocus(-1);
      else if (key === 'ArrowDown') moveFocus(1);
      else if (key === 'Enter' || key === ' ') openMenu(target);
      else return;
      event.preventDefault();
    },
  };
}

/** Radix opens the menu on a key press on its trigger. */
function openMenu(slot: HTMLElement): void {
  const button = slot.querySelector<HTMLElement>('[data-message-menu]');
  button?.focus();
  button?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }));
}
