import { randomUUID } from 'node:crypto';
import { createRestClient, type Instance, type People, type Person } from '@chasqui/testkit';

/** The attacker, their own data, and other people's data that must not leak. */
export interface FuzzFixture {
  /** The attacker: sends every request. */
  readonly mallory: Person;
  /** The victim: shares nothing with the attacker. */
  readonly vera: Person;
  /** Part of every secret of the victim. */
  readonly mark: string;
  readonly victimConversation: string;
  /** Replaces tokens with their values. */
  resolve(text: string): string;
  /** Creates new conversations and sessions, because cases delete and end them. */
  renew(): Promise<void>;
}

export async function createFuzzFixture(instance: Instance, people: People): Promise<FuzzFixture> {
  const { mallory, friend, vera, wim } = await people.registerAll(
    'mallory',
    'friend',
    'vera',
    'wim',
  );
  const mark = `VERAS-SECRET-${randomUUID().slice(0, 8)}`;
  // The user name is public; the address and the password are secret.
  const hidden = { username: `v_${randomUUID().slice(0, 8)}`, password: `${mark} and more` };
  const rest = createRestClient(instance.url());
  const email = `${mark.toLowerCase()}@example.org`;
  await rest.call('register', { body: { ...hidden, email } });

  const victimGroup = (
    await vera.call('createGroup', { body: { title: mark, participant_ids: [wim.id] } })
  ).body.id;
  const victimMessage = await vera.send(victimGroup, mark, { client_message_id: mark });
  await wim.send(victimGroup, `${mark} too`);
  const { cursor: victimCursor } = (await vera.call('readSync')).body;
  const direct = await people.direct(mallory, friend);

  const known: Record<string, string> = {
    ...{ me: mallory.id, friend: friend.id, victim: vera.id, victimName: vera.username },
    ...{ administrator: wim.id, noUser: randomUUID(), noConversation: randomUUID() },
    victimSession: (await vera.call('listSessions')).body.sessions[0]?.id ?? '',
    ...{
      noMessage: randomUUID(),
      victimConversation: victimGroup,
      victimMessage: victimMessage.id,
      victimCursor,
    },
    ...{ myToken: mallory.token, unsigned: unsigned(vera.token), directConversation: direct.id },
  };

  async function renew(): Promise<void> {
    await mallory.call('unblockUser', { params: { id: friend.id } });
    await mallory.call('changePrivacy', {
      body: { who_can_message: 'everybody', who_can_add: 'everybody' },
    });
    const [mine, theirs, left] = await Promise.all([
      people.group(mallory, friend),
      people.group(friend, mallory),
      people.group(friend, mallory),
    ]);
    const leftMessage = await friend.send(left.id, 'before');
    await mallory.call('removeParticipant', { params: { id: left.id, userId: mallory.id } });
    const spare = await rest.call('login', {
      body: { username: mallory.username, password: mallory.password },
    });
    // A user without conversations, whose sessions may be ended.
    const lone = await people.register('lone');
    await rest.call('login', { body: { username: lone.username, password: lone.password } });
    const leaver = await people.register('leaver');
    const { sessions } = (await lone.call('listSessions')).body;
    Object.assign(known, {
      leaverToken: leaver.token,
      ...{ loneToken: lone.token, loneSession: sessions[1]?.id ?? '' },
      ...{ myConversation: mine.id, myMessage: (await mallory.send(mine.id, 'mine')).id },
      ...{
        theirConversation: theirs.id,
        theirMessage: (await friend.send(theirs.id, 'theirs')).id,
      },
      ...{ directMessage: (await friend.send(direct.id, 'to you')).id },
      ...{ leftConversation: left.id, leftMessage: leftMessage.id },
      myCursor: (await mallory.call('readSync')).body.cursor,
      listCursor:
        (await mallory.call('listConversations', { query: { limit: 1 } })).body.next_cursor ?? '',
      ...{ spareToken: spare.body.access_token, spareRefresh: spare.body.refresh_token },
    });
  }

  await renew();
  return {
    ...{ mallory, vera, mark, victimConversation: victimGroup, renew },
    resolve: (text) =>
      text.replace(/‹(\w+)›/g, (token, name: string) => {
        if (name === 'fresh') return `f_${randomUUID().slice(0, 12)}`;
        const upperCase = Object.keys(known).find((one) => one.toUpperCase() === name);
        return known[name] ?? known[upperCase ?? '']?.toUpperCase() ?? token;
      }),
  };
}

/** The claims of a token without a signature. */
function unsigned(token: string): string {
  const header = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
  return `${header}.${token.split('.')[1] ?? ''}.`;
}
