const due: (() => void)[] = [];
let scheduled = false;

/**
 * Calls back when what is at hand in this turn of the event loop has been done; one wait for all who
 * ask in the same turn. The callback must not throw. Whoever asks from a callback is called in the next turn.
 */
export function atEndOfTurn(callback: () => void): void {
  due.push(callback);
  if (scheduled) return;
  scheduled = true;
  setImmediate(() => {
    scheduled = false;
    for (const call of due.splice(0)) call();
  });
}
