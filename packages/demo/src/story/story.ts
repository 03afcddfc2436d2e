import { isAlive } from '@chasqui/services';
import { bounded } from '../bounded';
import type { Cast } from '../people/cast';
import { count, duration } from '../report/terminal';
import { judge, type Verdict } from '../report/verdict';
import { sendThroughFaults } from './journey';
import type { StoryOptions, TimedFault } from './storyOptions';
import { type Drain, readAll, reconnect, returnOf } from './return';
import { chatALittle } from './smallTalk';

export interface Outcome {
  verdict: Verdict;
  /** Statuses by REST after Ben had acknowledged everything and before anyone had read it. */
  beforeReading: Verdict;
  /** Send attempts beyond the first of each message. */
  retries: number;
  drain: Drain;
  /** Messages received by the second reconnect. */
  secondReconnect: number;
  faults: TimedFault[];
  /** Killed processes whose successor died too. */
  diedAgain: string[];
}

/** Runs the whole story on real processes. @throws DemoFailure when a step fails or times out. */
export async function play(options: StoryOptions): Promise<Outcome> {
  const { cast, terminal } = options;
  const { ana, ben } = cast;
  terminal.title(`${ana.username} and ${ben.username} chat`);
  await chatALittle(options);
  terminal.title(`${ben.username} goes offline, the last line unacknowledged`);
  const faults = await sendThroughFaults(ana, options);

  terminal.title(`${ben.username} returns`);
  const drain = await returnOf(ben, ana.sender.lastSeq());
  terminal.line(`${count(drain.messages)} messages in ${duration(drain.ms)}, all acknowledged`);
  const beforeReading = await judged(cast);
  await readAll(cast);
  terminal.line(`${ben.username} has read them all, and ${ana.username} can see it`);
  const secondReconnect = await reconnect(ben);
  terminal.line(`a second reconnect brought ${count(secondReconnect)} messages`);
  return {
    verdict: await judged(cast),
    beforeReading,
    retries: ana.wire.repeats() + ben.wire.repeats(),
    drain,
    secondReconnect,
    faults,
    diedAgain: faults
      .filter(({ successor }) => successor && !isAlive(successor))
      .map(({ what }) => what),
  };
}

/** Judges what both clients received and showed, and what REST returns now. */
async function judged({ ana, ben, conversationId }: Cast): Promise<Verdict> {
  const history = await bounded('reading the history', 120_000, ana.history(conversationId));
  return judge({
    sent: [...ana.sender.acknowledged, ...ben.sender.acknowledged],
    clients: [ana, ben].map(({ id, wire, shown }) => ({
      userId: id,
      receptions: wire.receptions,
      shown,
    })),
    history,
  });
}
