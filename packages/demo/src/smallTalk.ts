import { eventually } from './bounded';
import type { StoryOptions } from './story';

const lines = [
  ['ana', 'Hi Ben! My train leaves in ten minutes.'],
  ['ben', 'Safe travels. Will you write on the way?'],
  ['ana', 'All day long. A thousand messages, at least.'],
  ['ben', 'Then I had better charge my phone …'],
  ['ana', 'Too late, I can see it blink.'],
] as const;

/** Both connect and talk; each line is awaited at the other end. The last one Ben never acknowledges. */
export async function chatALittle({ cast, terminal, signal }: StoryOptions): Promise<void> {
  for (const { device, person } of [cast.ana, cast.ben]) {
    device.connect();
    await eventually(`${person.username} is connected`, 60_000, () => device.backlog());
  }
  for (const [index, [name, text]] of lines.entries()) {
    const [speaker, listener] = name === 'ana' ? [cast.ana, cast.ben] : [cast.ben, cast.ana];
    if (index === lines.length - 1) {
      await eventually('Ben has acknowledged all before the last line', 30_000, () =>
        cast.ben.device.acknowledged() === index ? true : undefined,
      );
      cast.ben.device.stopAcknowledging();
    }
    await speaker.outbox.send([text], { inFlight: 1, signal, onProgress: () => undefined });
    const arrived = await eventually(`"${text}" has arrived`, 30_000, () =>
      listener.device.sightings.find(({ content }) => content === text),
    );
    terminal.line(`${terminal.faint(`${speaker.person.username}:`)} ${arrived.content}`);
  }
}
