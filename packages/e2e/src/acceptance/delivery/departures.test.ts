import {
  createPeople,
  type Device,
  type Instance,
  openInstance,
  type People,
  type Person,
  until,
} from '@chasqui/testkit';

// D5: the first attempt to wake a recipient starts within 2.5 s of the send (an initial delay of 2 s, and the worker's
// check). Only a send that marks a recipient as pending requests a wake-up, so this file runs every order of send,
// acknowledgement and disconnect around an existing mark. The sweep cannot help: it runs once an hour.

/** The bound is 2.5 s. A test machine may stall for longer, but not for as long as a sweep interval. */
const WITHIN_S = 30;

/**
 * One recipient's events, in order: two sends, an acknowledgement of the first, a disconnect. A pause is longer than
 * the grace time before a send checks who needs a wake-up, and shorter than the time after which an acknowledgement
 * clears the mark.
 */
type Step = 'send' | 'acknowledge' | 'disconnect' | 'pause';
const orders: readonly Step[][] = [
  ['disconnect', 'send', 'send'],
  ['send', 'disconnect', 'send'],
  ['send', 'send', 'disconnect'],
  ['send', 'acknowledge', 'disconnect', 'send'],
  ['send', 'acknowledge', 'send', 'disconnect'],
  ['send', 'send', 'acknowledge', 'disconnect'],
  ['send', 'acknowledge', 'pause', 'disconnect', 'send'],
  ['send', 'acknowledge', 'disconnect', 'pause', 'send'],
  ['send', 'acknowledge', 'pause', 'send', 'disconnect'],
  ['send', 'send', 'acknowledge', 'pause', 'disconnect'],
];

let instance: Instance;
let people: People;
beforeAll(async () => {
  instance = await openInstance({ nodes: 2, env: { SWEEP_INTERVAL_MS: '3600000' } });
  people = createPeople(instance);
  await instance.sql(`CREATE TABLE attempts_made (user_id uuid, at timestamptz)`);
  await instance.sql(`
    CREATE FUNCTION note_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO attempts_made VALUES (NEW.user_id, clock_timestamp());
      RETURN NULL;
    END $$`);
  await instance.sql(`
    CREATE TRIGGER note_attempt AFTER UPDATE OF attempts ON deliveries FOR EACH ROW
    WHEN (NEW.attempts > OLD.attempts) EXECUTE FUNCTION note_attempt()`);
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

interface Chat {
  ana: Person;
  ben: Person;
  /** Ben's only device, on the second node. */
  device: Device;
  id: string;
  order: readonly Step[];
}

async function openChat(order: readonly Step[], returning: boolean): Promise<Chat> {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const device = ben.on(1).device({ acknowledges: false });
  if (returning) {
    await ana.send(id, 'while away');
    // Offline for so long that the next attempt and its job are ten minutes away.
    await until('there was an attempt', async () => (await attemptsOf(ben)) > 0);
    await instance.sql(
      `UPDATE deliveries SET attempts = 9, next_at = now() + interval '10 minutes' WHERE user_id = $1`,
      [ben.id],
    );
    await instance.sql('DELETE FROM attempts_made WHERE user_id = $1', [ben.id]);
  }
  await device.connect();
  await device.drained();
  if (returning) await device.acknowledge(id, 1);
  return { ana, ben, device, id, order };
}

async function attemptsOf({ id }: Person): Promise<number> {
  const rows = await instance.sql('SELECT FROM attempts_made WHERE user_id = $1', [id]);
  return rows.length;
}

async function play({ ana, device, id }: Chat, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    if (step === 'pause') {
      await until('the last message is older than the grace time', async () => {
        const [row] = await instance.sql<{ is_old: boolean }>(
          `SELECT max(created_at) < clock_timestamp() - interval '450 milliseconds' AS is_old
           FROM messages WHERE conversation_id = $1`,
          [id],
        );
        return row?.is_old;
      });
    }
    if (step === 'send') {
      const { seq } = await ana.send(id, 'hello');
      if (device.isConnected())
        await until('the message arrived', () => device.wire(id).includes(seq));
    } else if (step === 'acknowledge') {
      // The first of the two sends, which is not the last entry if both were sent.
      const sent = device.wire(id).length;
      await device.acknowledge(
        id,
        steps.filter((one) => one === 'send').length > 1 ? sent - 1 : sent,
      );
    } else if (step === 'disconnect') device.disconnect();
  }
}

/** Seconds from the last send to the first attempt after it, by PostgreSQL's clock. */
async function secondsToAttempt({ ben, id }: Chat): Promise<number> {
  return until('an attempt was made', async () => {
    const [row] = await instance.sql<{ seconds: number }>(
      `SELECT extract(epoch FROM min(a.at) - m.created_at)::float8 AS seconds
       FROM attempts_made a, (SELECT created_at FROM messages WHERE conversation_id = $2 ORDER BY seq DESC LIMIT 1) m
       WHERE a.user_id = $1 AND a.at >= m.created_at GROUP BY m.created_at`,
      [ben.id, id],
    );
    return row?.seconds;
  });
}

describe.each([
  ['of a recipient who was there', false],
  ['of a recipient who has just returned after a long absence', true],
])('%s', (_who, returning) => {
  test.each([
    ['disconnects', false],
    ['is cut off by a kill -9 of its server', true],
  ])('[D5] the device %s: an attempt follows the last send', async (_how, isKilled) => {
    const chats = await Promise.all(orders.map((order) => openChat(order, returning)));
    const departure = ({ order }: Chat): number => order.indexOf('disconnect');
    await Promise.all(
      chats.map((chat) => play(chat, chat.order.slice(0, departure(chat) + (isKilled ? 0 : 1)))),
    );
    if (isKilled) await instance.nodes[1]?.program.kill();
    for (const { device } of chats) device.disconnect();
    await Promise.all(chats.map((chat) => play(chat, chat.order.slice(departure(chat) + 1))));

    const waits = await Promise.all(chats.map(secondsToAttempt));
    for (const [i, seconds] of waits.entries()) {
      expect([orders[i], seconds < WITHIN_S]).toEqual([orders[i], true]);
    }
    if (isKilled) await instance.nodes[1]?.restart();
  });
});
