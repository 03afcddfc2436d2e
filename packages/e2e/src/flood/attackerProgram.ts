// The attacker program, run with an AttackOrder in FLOOD. Runs one attack until it is killed, and logs its outcomes
// every second.
import type { AttackOrder, Outcomes } from './attackOrder';
import { OUTCOMES } from './attackOrder';
import { allAttacks } from './attacks/allAttacks';
import { createTools } from './attackTools';

const order = JSON.parse(process.env.FLOOD ?? '{}') as AttackOrder;
const attack = allAttacks.find(({ name }) => name === order.attack);
if (attack === undefined) throw new Error(`there is no attack "${order.attack}"`);
// An attacker continues after losing connections.
process.on('uncaughtException', () => undefined);
process.on('unhandledRejection', () => undefined);

const outcomes: Outcomes = {};
attack.begin(createTools(order, outcomes));
process.stdout.write(`${JSON.stringify({ msg: 'flooding' })}\n`);
setInterval(() => {
  process.stdout.write(`${JSON.stringify({ msg: OUTCOMES, outcomes })}\n`);
}, 1_000);
