const GIVE_UP_MS = 180_000;

/** Sends `count` messages, `inFlight` at a time; resolves to the acknowledged messages per second. */
export function storeLoad(
  send: (acknowledged: () => void) => void,
  { count, inFlight }: { count: number; inFlight: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const giveUp = setTimeout(
      () => reject(new Error(`only ${acknowledged} of ${count} were acknowledged`)),
      GIVE_UP_MS,
    );
    let [sent, acknowledged] = [0, 0];
    const next = (): void => {
      if (sent >= count) return;
      sent += 1;
      send(answered);
    };
    const answered = (): void => {
      acknowledged += 1;
      next();
      if (acknowledged < count) return;
      clearTimeout(giveUp);
      resolve((count / (performance.now() - began)) * 1000);
    };
    for (let i = 0; i < inFlight; i += 1) next();
  });
}
