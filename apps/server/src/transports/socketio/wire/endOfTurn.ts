const due: (() => void)[] = [];
let scheduled = false;

/**
 * Calls back at the end of this turn of the event loop; all calls of one turn share one timer. The callback must not
 * throw. A call from within a callback runs in the next turn.
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
