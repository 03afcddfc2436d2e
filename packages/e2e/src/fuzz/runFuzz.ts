import * as fc from 'fast-check';
import { createPeople, openInstance } from '@chasqui/testkit';
import { createLedger } from './ledger';
import { createRestRequests } from './restRequests';
import { createSocketRequests } from './socketRequests';
import { type Case, cases } from './cases/cases';
import { checkCommandAnswer, checkRestAnswer, type Violation } from './checkAnswer';
import { namedCases } from './cases/namedCases';
import { createFuzzFixture } from './fuzzFixture';

const AT_ONCE = 12;
const ROUND = 500;
/** Enough for a report; the seed reproduces the others. */
const VIOLATIONS_SHOWN = 10;

export interface FuzzOptions {
  seed: number;
  /** Number of cases generated from the seed. */
  count: number;
}

export interface Outcome {
  sent: number;
  /** Number of cases by endpoint, command or frame, and outcome. */
  answers: Record<string, number>;
  violations: string[];
}

/**
 * Sends hostile requests to a running instance: the named cases, then cases generated from a seed, twelve at a time,
 * over REST and sockets, on two nodes. Reports undeclared answers, rows that no answer accounts for, data of other
 * people, missing answers after 10 s, and processes that exit.
 */
export async function runFuzz({ seed, count: total }: FuzzOptions): Promise<Outcome> {
  const instance = await openInstance({ nodes: 2, worker: false });
  const people = createPeople(instance);
  try {
    const fixture = await createFuzzFixture(instance, people);
    const ledger = createLedger(instance, fixture.victimConversation);
    const rest = [0, 1].map((node) => createRestRequests(instance.url(node), fixture));
    const sockets = [0, 1].map((node) => createSocketRequests(instance.url(node), fixture));
    const outcome: Outcome = { sent: 0, answers: {}, violations: [] };
    const count = (what: string) => {
      outcome.answers[what] = (outcome.answers[what] ?? 0) + 1;
    };

    async function send(one: Case, turn: number): Promise<Violation> {
      const byRest = rest[turn % 2];
      const bySocket = sockets[turn % 2];
      if (byRest === undefined || bySocket === undefined) throw new Error('no such node');
      switch (one.kind) {
        case 'rest': {
          const reply = await byRest.send(one);
          count(`${one.endpoint} ${reply.status}`);
          const violation = checkRestAnswer(one, reply, fixture);
          if (violation === undefined && reply.status < 400) {
            ledger.answered(one.endpoint, reply.status, reply.body);
          }
          return violation;
        }
        case 'command': {
          const result = await bySocket.send(one);
          const violation = checkCommandAnswer(one, result, fixture);
          const isDone = typeof result !== 'string' && result.raw.startsWith('[{"success":true');
          count(`${one.command} ${isDone ? 'done' : 'refused'}`);
          if (typeof result !== 'string') ledger.received(one.command, result.answer);
          return violation;
        }
        case 'frame':
          count('frame');
          return bySocket.sendFrame(one).then(() => undefined);
      }
    }

    async function runRound(round: readonly Case[]): Promise<void> {
      await fixture.renew();
      await ledger.open();
      let next = 0;
      const sendCases = async () => {
        for (let turn = next++; turn < round.length; turn = next++) {
          const one = round[turn];
          if (one === undefined) return;
          const violation = await send(one, turn).catch((error: unknown) => String(error));
          outcome.sent += 1;
          if (violation !== undefined)
            outcome.violations.push(`${violation}\n  ${JSON.stringify(one)}`);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, sendCases));
      outcome.violations.push(...(await ledger.differences()));
      outcome.violations.push(...sockets.flatMap(({ leaks }) => leaks.splice(0)));
      for (const { program } of instance.nodes) {
        if (!program.isRunning()) outcome.violations.push(`a process exited:\n${program.output()}`);
      }
    }

    await runRound(Object.values(namedCases));
    for (let begun = 0; begun < total && outcome.violations.length === 0; begun += ROUND) {
      const numRuns = Math.min(ROUND, total - begun);
      await runRound(fc.sample(cases, { seed: seed + begun, numRuns }));
    }
    outcome.violations.splice(VIOLATIONS_SHOWN);
    for (const { close } of rest) close();
    for (const { close } of sockets) await close();
    return outcome;
  } finally {
    people.disconnectAll();
    await instance.close();
  }
}
