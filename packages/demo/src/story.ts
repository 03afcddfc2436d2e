import { isAlive } from '@chasqui/services';
import { bounded } from './bounded';
import { sendThroughFaults, type TimedFault } from './journey';
import type { Cast } from './players';
import { readAll, reconnect, returnOf, type Drain } from './return';
import { chatALittle } from './smallTalk';
import type { Target } from './target';
import { count, duration, type Terminal } from './terminal';
import { judge, type Verdict } from './verdict';

export interface StoryOptions {
  target: Target;
  cast: Cast;
  terminal: Terminal;
  /** How many messages Ana sends while Ben is away. */
  messages: number;
  signal: AbortSignal;
}

export interface Outcome {
  verdict: Verdict;
  /** Statuses by REST when Ben had acknowledged everything and read nothing. */
  beforeReading: Verdict;
  /** Attempts beyond the first of each message. */
  retries: number;
  drain: Drain;
  /** What a further reconnect brought. */
  secondReconnect: number;
  faults: TimedFault[];
  /** Parts that were killed, came back, and did not stay. */
  diedAgain: string[];
}

/** Plays the whole story on real processes. @throws DemoFailure when a step does not come to its end. */
export async function play(options: StoryOptions): Promise<Outcome> {
  const { cast, terminal } = options;
  const { ana, ben } = cast;
  const names = { ana: ana.person.username, ben: ben.person.username };
  terminal.title(`${names.ana} and ${names.ben} chat`);
  await chatALittle(options);
  ben.device.disconnect();
  terminal.title(`${names.ben} goes offline, the last line unacknowledged`);
  const faults = await sendThroughFaults(ana.outbox, options);

  terminal.title(`${names.ben} returns`);
  const drain = await returnOf(ben.device, ana.outbox);
  terminal.line(`${count(drain.messages)} messages in ${duration(drain.ms)}, all acknowledged`);
  const beforeReading = await judged(cast);
  await readAll(cast);
  terminal.line(`${names.ben} has read them all, and the device of ${names.ana} knows`);
  const secondReconnect = await reconnect(ben.device);
  terminal.line(`a second reconnect brought ${count(secondReconnect)} messages`);
  return {
    verdict: await judged(cast),
    beforeReading,
    retries: ana.outbox.repeats() + ben.outbox.repeats(),
    drain,
    secondReconnect,
    faults,
    diedAgain: faults.filter(({ heir }) => heir && !isAlive(heir)).map(({ what }) => what),
  };
}

/** By what both devices were sent, and by what REST says now. */
async function judged({ ana, ben, conversationId }: Cast): Promise<Verdict> {
  const history = await bounded(
    'the history and its statuses are fetched',
    120_000,
    ana.person.history(conversationId),
  );
  return judge({
    sent: [...ana.outbox.acknowledged, ...ben.outbox.acknowledged],
    devices: [ana, ben].map(({ person, device }) => ({
      userId: person.id,
      sightings: device.sightings,
    })),
    history,
  });
}
