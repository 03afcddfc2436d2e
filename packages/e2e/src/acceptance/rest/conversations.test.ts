import { randomUUID } from 'node:crypto';
import type { Conversation, EndpointName } from '@chasqui/protocol';
import { type Ask, type Person } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// Every endpoint (docs/CONTRACT.md). The client checks every answer against its schema.

const suite = setUpAcceptanceSuite({ worker: false });

describe('conversations', () => {
  test('two users share a single direct conversation, whichever of them creates it and however often', async () => {
    const { ana, ben } = await suite.people.registerAll('ana', 'ben');
    const replies = await Promise.all(
      [ana, ben, ana, ben].map((one) =>
        one.call('createDirect', { body: { user_id: one === ana ? ben.id : ana.id } }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 201]);
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    const [reply] = replies;
    expect(reply?.body.participants.map(({ role }) => role)).toEqual(['member', 'member']);
    expect(reply?.body).toMatchObject({ type: 'direct', title: null, participant_count: 2 });
    expect(reply?.body.my).toMatchObject({ role: 'member', unread_count: 0 });
  });

  test('a direct conversation needs another existing user', async () => {
    const ana = await suite.people.register();
    expect((await ana.refused('createDirect', { body: { user_id: ana.id } })).status).toBe(400);
    const unknown = await ana.refused('createDirect', { body: { user_id: randomUUID() } });
    expect(unknown.status).toBe(404);
    const group = { title: 'x', participant_ids: [randomUUID()] };
    expect((await ana.refused('createGroup', { body: group })).status).toBe(404);
  });

  test('title and participants of a direct conversation cannot be changed', async () => {
    const { ana, ben, eve } = await suite.people.registerAll('ana', 'ben', 'eve');
    const { id } = await suite.people.direct(ana, ben);
    const asks: [EndpointName, Ask][] = [
      ['renameConversation', { params: { id }, body: { title: 'new' } }],
      ['addParticipant', { params: { id }, body: { user_id: eve.id } }],
      ['changeRole', { params: { id, userId: ben.id }, body: { role: 'admin' } }],
      ['removeParticipant', { params: { id, userId: ben.id } }],
      ['removeParticipant', { params: { id, userId: ana.id } }],
    ];
    for (const [name, ask] of asks) {
      expect([name, (await ana.refused(name, ask)).name]).toEqual([name, 'ForbiddenError']);
    }
  });

  test('lists are sorted by latest activity and paged without overlap', async () => {
    const { ana, ben } = await suite.people.registerAll('ana', 'ben');
    const made: Conversation[] = [];
    for (let i = 0; i < 5; i++) made.push(await suite.people.group(ana, ben));
    const [first] = made;
    if (!first) throw new Error('no group was created');
    await ana.send(first.id, 'the newest');
    const listed: string[] = [];
    let cursor: string | undefined;
    do {
      const { body } = await ben.call('listConversations', { query: { limit: 2, cursor } });
      expect(body.conversations.length).toBeLessThanOrEqual(2);
      listed.push(...body.conversations.map(({ id }) => id));
      cursor = body.next_cursor ?? undefined;
    } while (cursor !== undefined);
    const expected = [first, ...made.slice(1).reverse()].map(({ id }) => id);
    expect(listed).toEqual(expected);
    const [newest] = (await ben.call('listConversations')).body.conversations;
    expect(newest?.last_message?.content_encrypted).toBe('the newest');
    expect(newest?.my.unread_count).toBe(1);
  });

  test('the same user and client_id return the same group', async () => {
    const [ana, ben] = [await suite.people.register(), await suite.people.register()];
    const body = {
      title: 'x',
      participant_ids: [ben.id],
      client_id: '{"any": \'text\'} ../%2e ❤️',
    };
    const first = await ana.call('createGroup', { body });
    const repeat = await ana.call('createGroup', { body });
    expect([first.status, repeat.status]).toEqual([201, 200]);
    expect(repeat.body).toEqual(first.body);
    for (const client_id of ['', 'x'.repeat(129), 'a\0b', 5, null]) {
      const refused = await ana.refused('createGroup', { body: { ...body, client_id } });
      expect(refused.status).toBe(400);
    }
  });

  test('a group of 130 embeds 100 participants, lists 5, and pages all of them', async () => {
    const ana = await suite.people.register();
    const others = await Promise.all(Array.from({ length: 9 }, () => suite.people.register()));
    const extra = await suite.instance.sql<{ id: string }>(
      `INSERT INTO users (id, username, username_key, email, email_key, display_name)
       SELECT gen_random_uuid(), 'extra' || i, 'extra' || i, 'e' || i || '@test', 'e' || i || '@test', 'Extra'
       FROM generate_series(1, 120) i RETURNING id`,
    );
    const { body: group } = await ana.call('createGroup', {
      body: { title: 'many', participant_ids: [...others, ...extra].map(({ id }) => id) },
    });
    expect(group.participant_count).toBe(130);
    expect(group.participants).toHaveLength(100);
    const [listed] = (await ana.call('listConversations')).body.conversations;
    expect(listed?.participants).toHaveLength(5);
    const all = new Set<string>();
    let cursor: string | undefined;
    do {
      const page = await ana.call('listParticipants', {
        params: { id: group.id },
        query: { limit: 50, cursor },
      });
      for (const { user_id } of page.body.participants) all.add(user_id);
      cursor = page.body.next_cursor ?? undefined;
    } while (cursor !== undefined);
    expect(all.size).toBe(130);
  });
});

describe('roles', () => {
  test('a role above one’s own cannot be granted, and a moderator removes only members', async () => {
    const { admin, moderator, someone } = await suite.people.registerAll(
      'admin',
      'moderator',
      'someone',
    );
    const { id } = await suite.people.group(admin, moderator);
    const params = { id };
    await admin.call('changeRole', {
      params: { id, userId: moderator.id },
      body: { role: 'moderator' },
    });
    const body = (role: string) => ({ user_id: someone.id, role });
    for (const role of ['admin', 'moderator']) {
      const refused = await moderator.refused('addParticipant', { params, body: body(role) });
      expect(refused.status).toBe(403);
    }
    await admin.call('addParticipant', { params, body: body('moderator') });
    const of = (person: Person) => ({ params: { id, userId: person.id } });
    expect((await moderator.refused('removeParticipant', of(someone))).status).toBe(403);
    expect((await moderator.refused('removeParticipant', of(admin))).status).toBe(403);
    expect((await someone.call('removeParticipant', of(someone))).status).toBe(204);
    const twice = await admin.refused('addParticipant', {
      params,
      body: { user_id: moderator.id },
    });
    expect(twice.name).toBe('ConflictError');
  });

  test('when the last admin leaves, the longest-standing moderator becomes admin, else member', async () => {
    const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
    const { id } = await suite.people.group(ana, ben, cleo);
    const of = (person: Person) => ({ id, userId: person.id });
    await ana.call('changeRole', { params: of(cleo), body: { role: 'moderator' } });
    await ana.call('removeParticipant', { params: of(ana) });
    expect((await cleo.conversation(id)).my.role).toBe('admin');
    await cleo.call('removeParticipant', { params: of(cleo) });
    expect((await ben.conversation(id)).my.role).toBe('admin');
    const events = (await ben.history(id)).map(({ event }) => event?.type);
    expect(events.filter((type) => type === 'left')).toHaveLength(2);
  });
});
