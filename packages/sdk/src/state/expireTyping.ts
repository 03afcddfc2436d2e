import type { Clock, Timer } from '../scheduling/clock';
import type { WritableStore } from './store';

/** Removes expired typing indicators, including those of users who disconnected (D10). Returns a function that stops it. */
export function expireTyping(store: WritableStore, clock: Clock): () => void {
  let timer: Timer | undefined;
  const stop = store.subscribe(({ typingByConversation: typing }, before) => {
    if (typing === before.typingByConversation) return;
    timer?.cancel();
    timer = undefined;
    const next = Math.min(...Object.values(typing).flatMap((all) => all.map(({ until }) => until)));
    if (next === Infinity) return;
    const end = (): void => store.dispatch({ type: 'time passed', now: clock.now() });
    timer = clock.setTimeout(end, Math.max(1, next - clock.now()));
  });
  return () => {
    timer?.cancel();
    stop();
  };
}
