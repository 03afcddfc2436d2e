import type { AttackTools } from '../attackTools';

/** A kind of attack. */
export interface Attack {
  /** For `npm run flood -- --only NAME`. */
  readonly name: string;
  /** Starts the attack, which runs until the process is killed. */
  readonly begin: (tools: AttackTools) => void;
}
