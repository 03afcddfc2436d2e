/** Somebody who floods, and what they have to do it with. */
export interface Attacker {
  userId: string;
  token: string;
  /** A group of attackers, with a message of this one in it. */
  conversationId: string;
  messageId: string;
}

/** What the attackers' program is told, as JSON. */
export interface AttackOrder {
  /** Which attack (attacks/allAttacks.ts). */
  attack: string;
  urls: string[];
  attackers: Attacker[];
  /** Somebody whose password is guessed at. */
  victim: string;
}

/** What became of what was asked, by kind of flood. */
export type Outcomes = Record<string, { accepted: number; refused: number; other: number }>;

/** The name of a line of the attackers' program that holds their Outcomes. */
export const OUTCOMES = 'outcomes';
