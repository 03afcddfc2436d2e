import { type Program, startProgram } from '@chasqui/testkit';
import type { Scope } from '../../contest';

/** Runs a peer from this folder in its own process. */
export async function startPeer(
  scope: Scope,
  name: string,
  env: Record<string, string> = {},
): Promise<{ url: string; program: Program }> {
  const program = await startProgram({
    entry: `packages/bench/dist/peers/socketio/${name}.js`,
    env: { NODE_ENV: 'production', ...env },
    readyMessage: 'listening',
  });
  scope.onClose(() => program.kill());
  return { url: `http://127.0.0.1:${String(program.ready.port)}`, program };
}
