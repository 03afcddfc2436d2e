// The program of the attackers: node attackerProgram.js, with an AttackOrder in FLOOD. It attacks in one way until it is
// ended, and says every second what became of it.
import type { AttackOrder, Outcomes } from './attackOrder';
import { OUTCOMES } from './attackOrder';
import { allAttacks } from './attacks/allAttacks';
import { createTools } from './attackTools';

const order = JSON.parse(process.env.FLOOD ?? '{}') as AttackOrder;
const attack = allAttacks.find(({ name }) => name === order.attack);
if (attack === undefined) throw new Error(`there is no attack "${order.attack}"`);
// An attacker whose connections are cut off goes on.
process.on('uncaughtException', () => undefined);
process.on('unhandledRejection', () => undefined);

const outcomes: Outcomes = {};
attack.begin(createTools(order, outcomes));
process.stdout.write(`${JSON.stringify({ msg: 'flooding' })}\n`);
setInterval(() => {
  process.stdout.write(`${JSON.stringify({ msg: OUTCOMES, outcomes })}\n`);
}, 1_000);
