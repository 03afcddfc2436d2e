import { eventually } from '../bounded';
import type { StoryOptions } from './storyOptions';

const lines = [
  ['ana', 'Hi Ben! My train leaves in ten minutes.'],
  ['ben', 'Safe travels. Will you write on the way?'],
  ['ana', 'All day long. A thousand messages, at least.'],
  ['ben', 'Then I had better charge my phone …'],
  ['ana', 'Too late, I can see it blink.'],
] as const;

/**
 * Both connect and talk; each line is awaited at the other end. Ben's client loses its connection the moment the last line
 * arrives, before it acknowledges it.
 */
export async function chatALittle({ cast, terminal, signal }: StoryOptions): Promise<void> {
  const { ana, ben } = cast;
  for (const { client, wire, username } of [ana, ben]) {
    client.connect();
    await eventually(`connecting ${username}`, 60_000, () =>
      client.getState().connection.state === 'live' && wire.isDrained() ? true : undefined,
    );
  }
  for (const [index, [name, text]] of lines.entries()) {
    const [speaker, listener] = name === 'ana' ? [ana, ben] : [ben, ana];
    if (index === lines.length - 1) {
      await eventually('acknowledging all before the last line', 30_000, () =>
        ben.wire.acknowledged() === index ? true : undefined,
      );
      const stop = ben.client.onMessage(() => {
        ben.client.disconnect();
        stop();
      });
    }
    await speaker.sender.send([text], { signal, onProgress: () => undefined });
    const arrived = await eventually(`delivering "${text}"`, 30_000, () =>
      listener.shown.find(({ content }) => content === text),
    );
    terminal.line(`${terminal.faint(`${speaker.username}:`)} ${arrived.content}`);
  }
}
