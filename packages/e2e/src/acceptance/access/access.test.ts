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
import * as access from './accessFixture';
import { commandTable, restTable } from './accessTable';

// D9, row by row: who may call what. Callers use the second node; the data was created on the first one.

let instance: Instance;
let people: People;
let cast: access.AccessPeople;
/** A group and a direct conversation that must be unchanged at the end. */
let group: access.AccessTarget;
let direct: access.AccessTarget;
let untouched: unknown[];
const sockets = new Map<access.Relation, SocketClient>();

const states = () =>
  Promise.all([access.stateOf(group, cast.owner), access.stateOf(direct, cast.sender)]);

beforeAll(async () => {
  instance = await openInstance({ worker: false });
  people = createPeople(instance);
  cast = await access.createAccessPeople(instance, people);
  group = await access.createGroupTarget(cast);
  direct = await access.createDirectTarget(cast);
  for (const relation of access.relations) {
    if (relation === 'anonymous') continue;
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

/** Neither refused calls nor calls in other conversations changed anything. Reports only the first violation. */
async function expectNothingChanged(): Promise<void> {
  const before = untouched;
  untouched = await states();
  expect(untouched).toEqual(before);
}

const endpointNames = Object.keys(endpoints) as EndpointName[];
const commandNames = commands.map(({ name }) => name);

test('[D9] every endpoint and every command has a row', () => {
  expect(Object.keys(restTable).sort()).toEqual([...endpointNames].sort());
  expect(Object.keys(commandTable).sort()).toEqual([...commandNames].sort());
});

describe.each(endpointNames)('[D9] %s', (name) => {
  const row = restTable[name];
  afterAll(expectNothingChanged);

  async function tokenOf(relation: access.Relation): Promise<string | undefined> {
    if (relation === 'anonymous') return undefined;
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
      for (const target of [group, direct]) {
        // A direct conversation has no roles, and its sender is a participant.
        if (target === direct && !isOutside(relation)) continue;
        const refused = await rest.refused(name, { ...row.ask?.(target), token });
        expect([target === group, refused.status]).toEqual([target === group, expected]);
      }
      return;
    }
    const target = isOutside(relation) ? group : await access.createGroupTarget(cast);
    if (row.needsDeadLetter === true) await createDeadLetter(target.targetId);
    const body = { ...row.ask?.(target), token };
    const answered = await rest.call(name, name === 'createDirect' ? await toNewUser(body) : body);
    expect(answered.status).toBe(expected);
    if (!isOutside(relation)) return;
    for (const secret of [...group.secrets, ...direct.secrets]) {
      expect(JSON.stringify(answered.body ?? null)).not.toContain(secret);
    }
  });
});

const isOutside = (relation: access.Relation): boolean =>
  relation === 'anonymous' || access.outsiders.some((one) => one === relation);

/** Two people have only one conversation, so each call needs a new user. */
async function toNewUser(body: object): Promise<object> {
  const { id } = await people.register();
  return { ...body, body: { user_id: id } };
}

async function createDeadLetter(userId: string): Promise<void> {
  await instance.sql(
    `INSERT INTO deliveries (user_id, dead_at) VALUES ($1, clock_timestamp())
     ON CONFLICT (user_id) DO UPDATE SET dead_at = clock_timestamp()`,
    [userId],
  );
}

/** The parts of an answer that carry information. */
function comparable({ status, body, headers }: Reply): unknown {
  const kept = [...headers].filter(([name]) => name !== 'date');
  return { status, body, headers: Object.fromEntries(kept) };
}

const hidden = endpointNames.filter((name) => restTable[name].expected[1] === 404);

describe.each(access.outsiders)('[D9] %s', (outsider) => {
  afterAll(expectNothingChanged);

  const askAbout = async (name: EndpointName, target: access.AccessTarget): Promise<Reply> => {
    const { method, path }: Endpoint = endpoints[name];
    const { body, ...ask } = restTable[name].ask?.(target) ?? {};
    const { token } = cast[outsider];
    return createHttpClient(instance.url(1))(method, pathOf(path, ask), { token, body });
  };

  test('receives the same answers about hidden and missing resources', async () => {
    for (const name of hidden.filter((one) => restTable[one].expected[3] === 404)) {
      const missing = comparable(await askAbout(name, access.createPhantom(group)));
      for (const target of [group, direct, { ...group, targetId: cast.stranger.id }]) {
        expect([name, comparable(await askAbout(name, target))]).toEqual([name, missing]);
      }
    }
  });

  test('gets the same answer from commands, and no event is sent', async () => {
    const client = sockets.get(outsider);
    const insider = sockets.get('member');
    const eventCount = () =>
      insider?.events.filter(({ data }) => JSON.stringify(data).includes(group.groupId)).length;
    const before = eventCount();
    for (const name of commandNames) {
      if (commandTable[name].expected[1] === 'success') continue;
      const about = (target: access.AccessTarget) =>
        client?.ask(name, commandTable[name].data(target, ''));
      const missing = await about(access.createPhantom(group));
      for (const target of [group, direct]) {
        expect([name, await about(target)]).toEqual([name, missing]);
      }
    }
    // The answer comes after any earlier event.
    await insider?.ask('presence:online');
    expect(eventCount()).toBe(before);
  });

  test('cannot tell them apart by response time', async () => {
    const quickest = { hidden: Infinity, missing: Infinity };
    let rounds = 0;
    // Compares the fastest of many, because a busy machine delays either one. The busier it is, the more attempts are
    // needed until both ran undisturbed. If one is more work, no number of attempts makes them equal.
    await until('they take the same time', async () => {
      for (const kind of ['hidden', 'missing'] as const) {
        const target = kind === 'hidden' ? group : access.createPhantom(group);
        const tookMs = await millisecondsOf(async () => {
          await askAbout('readConversation', target);
          await askAbout('readStatus', target);
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
  const target = await access.createGroupTarget(cast);
  const { owner, sender } = cast;
  const params = { id: target.groupId, userId: sender.id };
  await owner.call('removeParticipant', { params });
  const rest = createRestClient(instance.url(1));
  for (const name of hidden.filter((one) => restTable[one].expected[3] === 404)) {
    const asked = { ...restTable[name].ask?.(target), token: sender.token };
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
    const target = isOutside(relation) ? group : await access.createGroupTarget(cast);
    const token = relation === 'anonymous' ? '' : cast[relation].token;
    const answer = await client.ask(name, row.data(target, token));
    if (expected === 'success') expect(answer).toMatchObject({ success: true });
    else expect(errorBodySchema.parse(answer).error.name).toBe(expected);
    if (!isOutside(relation)) return;
    for (const secret of [...group.secrets, ...direct.secrets]) {
      expect(JSON.stringify(answer)).not.toContain(secret);
    }
  });
});
