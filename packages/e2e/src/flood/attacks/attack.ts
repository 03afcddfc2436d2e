import type { AttackTools } from '../attackTools';

/** One way of attacking. */
export interface Attack {
  /** For `npm run flood -- --only NAME`. */
  readonly name: string;
  /** Begins, and goes on until the process is ended. */
  readonly begin: (tools: AttackTools) => void;
}
