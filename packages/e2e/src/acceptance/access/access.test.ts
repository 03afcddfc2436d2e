import {
  type CommandName,
  commands,
  type Endpoint,
  type EndpointName,
  endpoints,
  errorBodySchema,
} from '@chasqui/protocol';
import {
  createHttpClient,
  createPeople,
  createRestClient,
  type Instance,
  millisecondsOf,
  openInstance,
  openSocket,
  pathOf,
  type People,
  type Reply,
  type SocketClient,
  until,
} from '@chasqui/testkit';
import * as access from './accessRoom';
import { commandTable, restTable } from './accessTable';

// D9, row by row: who may ask what. Callers ask the second node about what was made by the first one.

let instance: Instance;
let people: People;
let cast: access.Cast;
/** Rooms that nobody may have changed when all is over: a group, and a direct conversation. */
let group: access.Room;
let direct: access.Room;
let untouched: unknown[];
const sockets = new Map<access.Relation, SocketClient>();

const states = () =>
  Promise.all([access.stateOf(group, cast.owner), access.stateOf(direct, cast.sender)]);

beforeAll(async () => {
  instance = await openInstance({ worker: false });
  people = createPeople(instance);
  cast = await access.createCast(instance, people);
  group = await access.createGroupRoom(cast);
  direct = await access.createDirectRoom(cast);
  for (const relation of access.relations) {
    if (relation === 'nobody') continue;
    const { token } = cast[relation];
    sockets.set(relation, await openSocket(instance.url(1), { auth: { token } }));
  }
  untouched = await states();
});
afterAll(async () => {
  for (const client of sockets.values()) client.close();
  people.disconnectAll();
  await instance.close();
});

/** What was refused has changed nothing, and what was done in other rooms neither. Only the first one is to blame. */
async function expectNothingChanged(): Promise<void> {
  const before = untouched;
  untouched = await states();
  expect(untouched).toEqual(before);
}

const endpointNames = Object.keys(endpoints) as EndpointName[];
const commandNames = commands.map(({ name }) => name);

test('[D9] every endpoint and every command has its row', () => {
  expect(Object.keys(restTable).sort()).toEqual([...endpointNames].sort());
  expect(Object.keys(commandTable).sort()).toEqual([...commandNames].sort());
});

describe.each(endpointNames)('[D9] %s', (name) => {
  const row = restTable[name];
  afterAll(expectNothingChanged);

  async function tokenOf(relation: access.Relation): Promise<string | undefined> {
    if (relation === 'nobody') return undefined;
    if (row.usesUpAccount === true) return (await people.register()).token;
    if (row.endsSession !== true) return cast[relation].token;
    const { username, password } = cast[relation];
    const login = await createRestClient(instance.url(1)).call('login', {
      body: { username, password },
    });
    return login.body.access_token;
  }

  test.each(access.relations)('%s', async (relation) => {
    const expected = row.expected[access.relations.indexOf(relation)] ?? 0;
    const rest = createRestClient(instance.url(1));
    const token = await tokenOf(relation);
    if (expected >= 400) {
      for (const room of [group, direct]) {
        // A direct conversation has no roles to speak of, and its sender is a participant.
        if (room === direct && !isOutside(relation)) continue;
        const refused = await rest.refused(name, { ...row.ask?.(room), token });
        expect([room === group, refused.status]).toEqual([room === group, expected]);
      }
      return;
    }
    const room = isOutside(relation) ? group : await access.createGroupRoom(cast);
    if (row.needsDeadLetter === true) await giveUp(room.targetId);
    const body = { ...row.ask?.(room), token };
    const answered = await rest.call(name, name === 'createDirect' ? await toSomebody(body) : body);
    expect(answered.status).toBe(expected);
    if (!isOutside(relation)) return;
    for (const secret of [...group.secrets, ...direct.secrets]) {
      expect(JSON.stringify(answered.body ?? null)).not.toContain(secret);
    }
  });
});

const isOutside = (relation: access.Relation): boolean =>
  relation === 'nobody' || access.outsiders.some((one) => one === relation);

/** Of two there is one conversation for ever, so each asks about somebody new. */
async function toSomebody(body: object): Promise<object> {
  const { id } = await people.register();
  return { ...body, body: { user_id: id } };
}

async function giveUp(userId: string): Promise<void> {
  await instance.sql(
    `INSERT INTO deliveries (user_id, dead_at) VALUES ($1, clock_timestamp())
     ON CONFLICT (user_id) DO UPDATE SET dead_at = clock_timestamp()`,
    [userId],
  );
}

/** All of an answer that tells anything. */
function tell({ status, body, headers }: Reply): unknown {
  const told = [...headers].filter(([name]) => name !== 'date');
  return { status, body, headers: Object.fromEntries(told) };
}

const hidden = endpointNames.filter((name) => restTable[name].expected[1] === 404);

describe.each(access.outsiders)('[D9] %s', (outsider) => {
  afterAll(expectNothingChanged);

  const askAbout = async (name: EndpointName, room: access.Room): Promise<Reply> => {
    const { method, path }: Endpoint = endpoints[name];
    const { body, ...ask } = restTable[name].ask?.(room) ?? {};
    const { token } = cast[outsider];
    return createHttpClient(instance.url(1))(method, pathOf(path, ask), { token, body });
  };

  test('is answered the same about what is hidden and about what is not there', async () => {
    for (const name of hidden.filter((one) => restTable[one].expected[3] === 404)) {
      const missing = tell(await askAbout(name, access.createPhantom(group)));
      for (const room of [group, direct, { ...group, targetId: cast.stranger.id }]) {
        expect([name, tell(await askAbout(name, room))]).toEqual([name, missing]);
      }
    }
  });

  test('gets the same answer from commands, and nobody is notified', async () => {
    const client = sockets.get(outsider);
    const insider = sockets.get('member');
    const told = () =>
      insider?.events.filter(({ data }) => JSON.stringify(data).includes(group.groupId)).length;
    const before = told();
    for (const name of commandNames) {
      if (commandTable[name].expected[1] === 'success') continue;
      const about = (room: access.Room) => client?.ask(name, commandTable[name].data(room, ''));
      const missing = await about(access.createPhantom(group));
      for (const room of [group, direct]) {
        expect([name, await about(room)]).toEqual([name, missing]);
      }
    }
    // The answer comes after whatever was told before.
    await insider?.ask('presence:online');
    expect(told()).toBe(before);
  });

  test('cannot tell them apart by the time that they take', async () => {
    const quickest = { hidden: Infinity, missing: Infinity };
    let rounds = 0;
    // The quickest of many, for a machine that is busy delays either: the busier it is, the more of them it takes
    // until both have once gone undisturbed. Where one is more work, no number of them makes them alike.
    await until('they take the same time', async () => {
      for (const kind of ['hidden', 'missing'] as const) {
        const room = kind === 'hidden' ? group : access.createPhantom(group);
        const tookMs = await millisecondsOf(async () => {
          await askAbout('readConversation', room);
          await askAbout('readStatus', room);
        });
        quickest[kind] = Math.min(quickest[kind], tookMs);
      }
      rounds += 1;
      const { hidden, missing } = quickest;
      expect(Math.max(hidden, missing) / Math.min(hidden, missing)).toBeLessThan(2);
      return rounds >= 40;
    });
  });
});

test('[D9] a removed user has no more rights to their own messages', async () => {
  const room = await access.createGroupRoom(cast);
  const { owner, sender } = cast;
  const params = { id: room.groupId, userId: sender.id };
  await owner.call('removeParticipant', { params });
  const rest = createRestClient(instance.url(1));
  for (const name of hidden.filter((one) => restTable[one].expected[3] === 404)) {
    const asked = { ...restTable[name].ask?.(room), token: sender.token };
    expect([name, (await rest.refused(name, asked)).status]).toEqual([name, 404]);
  }
});

describe.each(commandNames)('[D9] %s', (name: CommandName) => {
  const row = commandTable[name];
  afterAll(expectNothingChanged);

  test.each(access.relations)('%s', async (relation) => {
    const expected = row.expected[access.relations.indexOf(relation)];
    const client = sockets.get(relation);
    if (client === undefined) {
      const refusal: unknown = await openSocket(instance.url(1)).catch((error: unknown) => error);
      expect(refusal).toMatchObject({ data: { name: expected } });
      return;
    }
    const room = isOutside(relation) ? group : await access.createGroupRoom(cast);
    const token = relation === 'nobody' ? '' : cast[relation].token;
    const answer = await client.ask(name, row.data(room, token));
    if (expected === 'success') expect(answer).toMatchObject({ success: true });
    else expect(errorBodySchema.parse(answer).error.name).toBe(expected);
    if (!isOutside(relation)) return;
    for (const secret of [...group.secrets, ...direct.secrets]) {
      expect(JSON.stringify(answer)).not.toContain(secret);
    }
  });
});
