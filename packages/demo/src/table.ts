import type { Outcome } from './story';
import { count, duration, type Terminal } from './terminal';

/** What is wrong with an outcome, in one line; undefined when every message arrived as promised. */
export function complaint(outcome: Outcome): string | undefined {
  const { verdict, beforeReading, secondReconnect, diedAgain } = outcome;
  const { sent, stored, delivered, readByStatus, lost, doubled, outOfOrder } = verdict;
  const wrong = [
    [lost, 'lost'],
    [doubled, 'doubled'],
    [outOfOrder, 'out of order'],
    [secondReconnect, 'brought again by a second reconnect'],
    [Math.abs(stored - sent), 'stored more or less than sent'],
    [sent - delivered, 'not delivered'],
    [sent - beforeReading.deliveredByStatus, 'delivered with a status that denies it'],
    [beforeReading.readByStatus, 'read by status before anybody read them'],
    [sent - readByStatus, 'read with a status that denies it'],
  ] as const;
  const found = wrong.filter(([number]) => number !== 0);
  if (found.length === 0) {
    return diedAgain.length === 0 ? undefined : `Back, but dead again: ${diedAgain.join(', ')}.`;
  }
  return `Of ${count(sent)} messages: ${found.map(([number, what]) => `${count(number)} ${what}`).join(', ')}.`;
}

/** The table at the end, at most 80 columns wide. */
export function table(outcome: Outcome, messages: number, terminal: Terminal): string[] {
  const { verdict, beforeReading, drain, faults } = outcome;
  const perSecond = drain.ms > 0 ? Math.round((drain.messages * 1000) / drain.ms) : 0;
  const row = (name: string, value: string, remark = '') =>
    `${name.padEnd(17)}${value.padStart(9)}   ${remark}`.trimEnd();
  const zero = (name: string, value: number) => {
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
      `seen by the other's device; by REST status ${count(beforeReading.deliveredByStatus)}`,
    ),
    row('read', count(verdict.readByStatus), 'by REST status, fetched afresh'),
    zero('lost', verdict.lost),
    zero('doubled', verdict.doubled),
    zero('out of order', verdict.outOfOrder),
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
