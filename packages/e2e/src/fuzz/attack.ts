import * as fc from 'fast-check';
import { createPeople, openInstance } from '@chasqui/testkit';
import { createBooks } from './books';
import { createRestAsker } from './askRest';
import { createSocketAsker } from './askSocket';
import { type Case, cases } from './cases';
import { faultOfCommand, faultOfRest, type Fault } from './verdict';
import { namedCases } from './namedCases';
import { createWorld } from './world';

const AT_ONCE = 12;
const ROUND = 500;
/** More than a reader wants to see; the seed has the others. */
const FAULTS_SHOWN = 10;

export interface Attack {
  seed: number;
  /** How many cases are made from the seed. */
  count: number;
}

export interface Outcome {
  asked: number;
  /** How often which endpoint, command or frame came to what. */
  answers: Record<string, number>;
  faults: string[];
}

/**
 * Asks a running instance what nobody should ask: the named cases, then thousands from one seed, twelve at once, by both doors, on
 * two nodes. Finds every answer that the protocol does not declare, every row that no answer speaks of, everything of
 * somebody else, and whatever has no answer in 10 s or ends a process.
 */
export async function attack({ seed, count: total }: Attack): Promise<Outcome> {
  const instance = await openInstance({ nodes: 2, worker: false });
  const people = createPeople(instance);
  try {
    const world = await createWorld(instance, people);
    const books = createBooks(instance, world.hersConversation);
    const rest = [0, 1].map((node) => createRestAsker(instance.url(node), world));
    const sockets = [0, 1].map((node) => createSocketAsker(instance.url(node), world));
    const outcome: Outcome = { asked: 0, answers: {}, faults: [] };
    const tally = (what: string) => {
      outcome.answers[what] = (outcome.answers[what] ?? 0) + 1;
    };

    async function ask(one: Case, turn: number): Promise<Fault> {
      const byRest = rest[turn % 2];
      const bySocket = sockets[turn % 2];
      if (byRest === undefined || bySocket === undefined) throw new Error('there are two nodes');
      switch (one.door) {
        case 'rest': {
          const reply = await byRest.ask(one);
          tally(`${one.endpoint} ${reply.status}`);
          const fault = faultOfRest(one, reply, world);
          if (fault === undefined && reply.status < 400) {
            books.answered(one.endpoint, reply.status, reply.body);
          }
          return fault;
        }
        case 'command': {
          const heard = await bySocket.ask(one);
          const fault = faultOfCommand(one, heard, world);
          const isDone = typeof heard !== 'string' && heard.raw.startsWith('[{"success":true');
          tally(`${one.command} ${isDone ? 'done' : 'refused'}`);
          if (typeof heard !== 'string') books.received(one.command, heard.answer);
          return fault;
        }
        case 'frame':
          tally('frame');
          return bySocket.say(one).then(() => undefined);
      }
    }

    async function round(these: readonly Case[]): Promise<void> {
      await world.renew();
      await books.open();
      let next = 0;
      const takeTurns = async () => {
        for (let turn = next++; turn < these.length; turn = next++) {
          const one = these[turn];
          if (one === undefined) return;
          const fault = await ask(one, turn).catch((error: unknown) => String(error));
          outcome.asked += 1;
          if (fault !== undefined) outcome.faults.push(`${fault}\n  ${JSON.stringify(one)}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, takeTurns));
      outcome.faults.push(...(await books.differences()));
      outcome.faults.push(...sockets.flatMap(({ leaks }) => leaks.splice(0)));
      for (const { program } of instance.nodes) {
        if (!program.isRunning()) outcome.faults.push(`a process ended:\n${program.output()}`);
      }
    }

    await round(Object.values(namedCases));
    for (let begun = 0; begun < total && outcome.faults.length === 0; begun += ROUND) {
      const numRuns = Math.min(ROUND, total - begun);
      await round(fc.sample(cases, { seed: seed + begun, numRuns }));
    }
    outcome.faults.splice(FAULTS_SHOWN);
    for (const { close } of rest) close();
    for (const { close } of sockets) await close();
    return outcome;
  } finally {
    people.disconnectAll();
    await instance.close();
  }
}
