import type { Outcome } from '../story/story';
import { count, duration, type Terminal } from './terminal';

/** Describes what is wrong with an outcome in one line; undefined when every message arrived as promised. */
export function complaint(outcome: Outcome): string | undefined {
  const { verdict, beforeReading, secondReconnect, diedAgain } = outcome;
  const { sent, stored, delivered, readByStatus, lost, doubled, outOfOrder } = verdict;
  const wrong = [
    [lost, 'lost'],
    [doubled, 'doubled'],
    [outOfOrder, 'out of order'],
    [secondReconnect, 'repeated by a second reconnect'],
    [Math.abs(stored - sent), 'stored too many or too few'],
    [sent - delivered, 'not delivered'],
    [sent - beforeReading.deliveredByStatus, 'delivered but not by status'],
    [beforeReading.readByStatus, 'read by status too early'],
    [sent - readByStatus, 'read but not by status'],
  ] as const;
  const found = wrong.filter(([number]) => number !== 0);
  if (found.length === 0) {
    return diedAgain.length === 0
      ? undefined
      : `Restarted, but died again: ${diedAgain.join(', ')}.`;
  }
  return `Of ${count(sent)} messages: ${found.map(([number, what]) => `${count(number)} ${what}`).join(', ')}.`;
}

/** Formats the final table, at most 80 columns wide. */
export function table(outcome: Outcome, messages: number, terminal: Terminal): string[] {
  const { verdict, beforeReading, drain, faults } = outcome;
  const perSecond = drain.ms > 0 ? Math.round((drain.messages * 1000) / drain.ms) : 0;
  const row = (name: string, value: string, remark = '') =>
    `${name.padEnd(17)}${value.padStart(9)}   ${remark}`.trimEnd();
  const expectZero = (name: string, value: number) => {
    const text = row(name, count(value));
    return value === 0 ? terminal.good(text) : terminal.bad(text);
  };
  const rule = terminal.faint('-'.repeat(76));
  return [
    rule,
    row('sent', count(verdict.sent), 'acknowledged, by both'),
    row(
      'delivered',
      count(verdict.delivered),
      `shown by the other's client; by REST status ${count(beforeReading.deliveredByStatus)}`,
    ),
    row('read', count(verdict.readByStatus), 'by REST status, from a fresh client'),
    expectZero('lost', verdict.lost),
    expectZero('doubled', verdict.doubled),
    expectZero('out of order', verdict.outOfOrder),
    rule,
    row(
      'drain',
      duration(drain.ms),
      `${count(drain.messages)} messages, ${count(perSecond)} per second`,
    ),
    row('second reconnect', count(outcome.secondReconnect), 'messages'),
    row(
      'redelivered',
      count(verdict.redelivered),
      'unacknowledged at the disconnect; counted once',
    ),
    row('sends repeated', count(outcome.retries), 'under the same client message id'),
    rule,
    ...faults.map(({ what, deed, after, outcome: came }) => {
      const place = `at ${count(after)} of ${count(messages)}`;
      return `${what.padEnd(9)}${deed.padEnd(16)}${place.padEnd(19)}${came}`;
    }),
    rule,
  ];
}
