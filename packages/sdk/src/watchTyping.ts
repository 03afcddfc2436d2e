import type { Clock, Timer } from './clock';
import type { WritableStore } from './store';

/** Ends "is typing" when its time is over, also of those who just went away (D10). Returns what ends it. */
export function watchTyping(store: WritableStore, clock: Clock): () => void {
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
