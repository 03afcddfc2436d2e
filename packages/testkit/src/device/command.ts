import { type WireError, wireErrorSchema } from '@chasqui/protocol';
import type { Socket } from 'socket.io-client';

export type Answer =
  { success: true; answer: Record<string, unknown> } | { success: false; error: WireError };

const ANSWER_WITHIN_MS = 11_000;

/**
 * Sends a command. `onAnswer` runs synchronously when the answer arrives, so that the answer keeps its
 * place among the frames. Rejects without an answer: no connection, a lost one, or no answer in time.
 */
export function sendCommand(
  socket: Socket,
  command: string,
  data: readonly unknown[],
  onAnswer: (answer: Answer) => void,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(timer);
      socket.off('disconnect', onLost);
      reject(new Error(`${command}: ${reason}`));
    };
    const onLost = (): void => fail('the connection was lost');
    const timer = setTimeout(() => fail('no answer'), ANSWER_WITHIN_MS);
    if (!socket.connected) return fail('not connected');
    socket.once('disconnect', onLost);
    socket.emit(command, ...data, (received: unknown) => {
      clearTimeout(timer);
      socket.off('disconnect', onLost);
      const answer = parseAnswer(received);
      onAnswer(answer);
      resolve(answer);
    });
  });
}

function parseAnswer(answer: unknown): Answer {
  if (typeof answer !== 'object' || answer === null || !('success' in answer)) {
    throw new Error(`unexpected shape of an answer: ${JSON.stringify(answer)}`);
  }
  const { success, ...rest } = answer;
  if (success === true) return { success: true, answer: rest };
  if (!('error' in rest)) throw new Error(`a refusal without an error: ${JSON.stringify(answer)}`);
  return { success: false, error: wireErrorSchema.parse(rest.error) };
}
