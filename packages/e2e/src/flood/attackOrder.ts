/** A flooding user and their data. */
export interface Attacker {
  userId: string;
  token: string;
  /** A group of attackers, with a message of this attacker. */
  conversationId: string;
  messageId: string;
}

/** Input of the attacker program, as JSON. */
export interface AttackOrder {
  /** Name of the attack (attacks/allAttacks.ts). */
  attack: string;
  urls: string[];
  attackers: Attacker[];
  /** Target of password guessing. */
  victim: string;
}

/** Number of requests by kind and outcome. */
export type Outcomes = Record<string, { accepted: number; refused: number; other: number }>;

/** Message of the attacker program's log lines that contain its Outcomes. */
export const OUTCOMES = 'outcomes';
