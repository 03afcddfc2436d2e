import type { Fault } from '../instance/faults';
import type { Target } from '../instance/target';
import type { Cast } from '../people/cast';
import type { Terminal } from '../report/terminal';

/** A fault and when it was injected. */
export interface TimedFault extends Fault {
  /** How many messages were acknowledged before it. */
  after: number;
}

export interface StoryOptions {
  target: Target;
  cast: Cast;
  terminal: Terminal;
  /** How many messages Ana sends while Ben is offline. */
  messages: number;
  signal: AbortSignal;
}
