import type { Message } from '@chasqui/protocol';
import type { People, Person, Randomness } from '@chasqui/testkit';
import type { Company, Intent, Room } from './company';
import { outcomeOf, surely } from './outcome';
import type { Reader } from './reader';

/** Something that people do. Whether it may be done now is for the server to say. */
export interface Deed {
  readonly name: string;
  /** How often, beside the others. */
  readonly weight: number;
  act(scene: DeedScene): Promise<void>;
}

export interface DeedScene {
  readonly company: Company;
  readonly people: People;
  readonly random: Randomness;
}

const EMOJI = ['👍', '🏃', '❤️'] as const;
const MOST_READERS = 3;
/** As many as a list and an event name: then every client must agree on all of them. */
const MOST_MEMBERS = 5;
const MOST_ROOMS = 9;

/** Somebody in a room, both by chance; undefined when the room is empty. */
function someone({ company, random }: DeedScene): { room: Room; person: Person } | undefined {
  const room = random.pick(company.rooms);
  const members = [...room.members];
  return members.length === 0 ? undefined : { room, person: random.pick(members) };
}

function someGroup(scene: DeedScene): { room: Room; person: Person } | undefined {
  const found = someone(scene);
  return found?.room.type === 'group' ? found : undefined;
}

function aReaderOf({ company, random }: DeedScene, person: Person): Reader | undefined {
  const mine = company.readers.filter((one) => one.person === person && one.isConnected());
  return mine.length === 0 ? undefined : random.pick(mine);
}

/** An entry that the person has in view. */
function anEntry(scene: DeedScene, person: Person, room: Room, own: boolean): Message | undefined {
  const reader = scene.company.readers.find((one) => one.person === person);
  const entries = (reader?.state.messagesOf(room.id) ?? []).filter(
    ({ kind, deleted_at, sender_id }) =>
      kind === 'message' && deleted_at === null && (!own || sender_id === person.id),
  );
  return entries.length === 0 ? undefined : scene.random.pick(entries);
}

/** Sends until it is known what became of it: by the socket while there is one, else by REST of any node. */
async function sendSurely(
  scene: DeedScene,
  intent: Intent,
  person: Person,
  content: string,
  replyToId: string | null,
): Promise<void> {
  const { company, random } = scene;
  const { conversationId, clientMessageId } = intent;
  const end = performance.now() + 90_000;
  for (let wasTried = intent.seq !== undefined; performance.now() < end; wasTried = true) {
    const reader = aReaderOf(scene, person);
    if (reader !== undefined && random.chance(0.8)) {
      const attempt = await reader.device.send(conversationId, content, {
        ...{ clientMessageId, wasTried },
        ...(replyToId !== null && { replyToId }),
      });
      if (attempt.outcome === 'acknowledged' && attempt.message !== undefined) {
        company.acknowledged(intent, attempt.message);
        show(reader, attempt.message, person, content, replyToId);
        return;
      }
      if (attempt.outcome === 'refused') return refused(company, intent, attempt.error?.name ?? '');
    } else {
      const outcome = await outcomeOf(
        person.on(random.below(2)).call('sendMessage', {
          body: {
            conversation_id: conversationId,
            content_encrypted: content,
            client_message_id: clientMessageId,
            ...(replyToId !== null && { reply_to_id: replyToId }),
          },
        }),
      );
      if ('done' in outcome) return company.acknowledged(intent, outcome.done.body);
      if ('refused' in outcome) return refused(company, intent, outcome.refused);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  company.violations.push(`U: ${clientMessageId} had no answer in 90 s`);
}

/** The author knows what the message says; of a brief answer that is what is missing. */
function show(
  { state }: Reader,
  message: Message | Pick<Message, 'id' | 'seq' | 'version' | 'created_at'>,
  person: Person,
  content: string,
  replyToId: string | null,
): void {
  if ('kind' in message) return state.message(message);
  const { conversation_id, client_message_id } = message as Message;
  state.message({
    ...{ ...message, conversation_id, client_message_id },
    ...{ kind: 'message', sender_id: person.id, message_type: 'text', content_encrypted: content },
    ...{ reply_to_id: replyToId, edited_at: null, deleted_at: null, reactions: [], status: 'sent' },
  });
}

function refused(company: Company, intent: Intent, why: string): void {
  // After a removal a repeat is refused like everything else (D2).
  const wasStored = intent.seq !== undefined;
  if (!wasStored) intent.outcome = 'refused';
  if ((wasStored && !why.includes('NotFoundError')) || why.includes('InternalError')) {
    company.violations.push(`U: ${intent.clientMessageId} is refused: ${why}`);
  }
}

async function send(scene: DeedScene, reply: boolean): Promise<void> {
  const found = someone(scene);
  if (found === undefined) return;
  const { room, person } = found;
  const intent = scene.company.intend(room.id, person.id);
  const replyTo = reply ? (anEntry(scene, person, room, false)?.id ?? null) : null;
  const content = `${person.username} ${scene.company.intents.length} ñ🏃`;
  await sendSurely(scene, intent, person, content, replyTo);
  // Somebody who did not hear the answer asks again, elsewhere (D2).
  if (scene.random.chance(0.1) && intent.outcome === 'acknowledged') {
    await sendSurely(scene, intent, person, content, replyTo);
  }
}

const change =
  (
    own: boolean,
    call: (person: Person, message: Message, random: Randomness) => Promise<unknown>,
  ) =>
  async (scene: DeedScene): Promise<void> => {
    const found = someone(scene);
    const message = found && anEntry(scene, found.person, found.room, own);
    if (found === undefined || message === undefined) return;
    await surely(() => call(found.person, message, scene.random));
  };

export const deeds: readonly Deed[] = [
  { name: 'send', weight: 44, act: (scene) => send(scene, false) },
  { name: 'reply', weight: 6, act: (scene) => send(scene, true) },
  {
    name: 'burst',
    weight: 3,
    async act(scene) {
      await Promise.all(Array.from({ length: 12 }, () => send(scene, false)));
    },
  },
  {
    name: 'edit',
    weight: 5,
    act: change(true, (person, { id }, random) =>
      person.on(random.below(2)).call('editMessage', {
        params: { messageId: id },
        body: { content_encrypted: `edited ${random.below(1_000)}` },
      }),
    ),
  },
  {
    name: 'delete',
    weight: 4,
    act: change(true, (person, { id }, random) =>
      person.on(random.below(2)).call('deleteMessage', { params: { messageId: id } }),
    ),
  },
  {
    name: 'react',
    weight: 6,
    act: change(false, (person, { id }, random) =>
      person.on(random.below(2)).call('addReaction', {
        params: { messageId: id },
        body: { emoji: random.pick(EMOJI) },
      }),
    ),
  },
  {
    name: 'take a reaction back',
    weight: 3,
    act: change(false, (person, { id }, random) =>
      person.on(random.below(2)).call('removeReaction', {
        params: { messageId: id, emoji: random.pick(EMOJI) },
      }),
    ),
  },
  {
    name: 'read',
    weight: 10,
    async act(scene) {
      const found = someone(scene);
      const reader = found && aReaderOf(scene, found.person);
      const seq = reader?.state.newest(found?.room.id ?? '') ?? 0;
      if (found === undefined || reader === undefined || seq === 0) return;
      await reader.device.read(found.room.id, seq).catch(() => undefined);
    },
  },
  {
    name: 'typing',
    weight: 2,
    async act(scene) {
      const found = someone(scene);
      const reader = found && aReaderOf(scene, found.person);
      await reader?.device
        .ask('chat:typing', { conversationId: found?.room.id, isTyping: true })
        .catch(() => undefined);
    },
  },
  {
    name: 'found a group',
    weight: 1,
    async act(scene) {
      const { company, people, random } = scene;
      if (company.rooms.length >= MOST_ROOMS) return;
      const person = random.pick(company.people);
      const others = company.people.filter((one) => one !== person && random.chance(0.5));
      // Once: a group that is founded twice is two groups.
      const outcome = await outcomeOf(people.group(person, ...others));
      if (!('done' in outcome)) return;
      const members = new Set([person, ...others]);
      company.rooms.push({ id: outcome.done.id, type: 'group', members });
    },
  },
  {
    name: 'add',
    weight: 4,
    async act(scene) {
      const found = someGroup(scene);
      if (found === undefined || found.room.members.size >= MOST_MEMBERS) return;
      const { room, person } = found;
      const outside = scene.company.people.filter((one) => !room.members.has(one));
      if (outside.length === 0) return;
      const other = scene.random.pick(outside);
      const outcome = await surely(() =>
        person.on(scene.random.below(2)).call('addParticipant', {
          params: { id: room.id },
          body: { user_id: other.id },
        }),
      );
      // Refused as a conflict when the first try did it and its answer was lost.
      if ('done' in outcome || outcome.refused.includes('409')) room.members.add(other);
    },
  },
  {
    name: 'remove',
    weight: 3,
    async act(scene) {
      const found = someGroup(scene);
      if (found === undefined || found.room.members.size < 3) return;
      const { room, person } = found;
      const other = scene.random.pick([...room.members]);
      const outcome = await surely(() =>
        person.on(scene.random.below(2)).call('removeParticipant', {
          params: { id: room.id, userId: other.id },
        }),
      );
      if ('done' in outcome || outcome.refused.includes('404')) room.members.delete(other);
    },
  },
  {
    name: 'change a role',
    weight: 2,
    async act(scene) {
      const found = someGroup(scene);
      if (found === undefined) return;
      const other = scene.random.pick([...found.room.members]);
      await surely(() =>
        found.person.call('changeRole', {
          params: { id: found.room.id, userId: other.id },
          body: { role: scene.random.pick(['admin', 'moderator', 'member'] as const) },
        }),
      );
    },
  },
  {
    name: 'rename',
    weight: 2,
    async act(scene) {
      const found = someGroup(scene);
      if (found === undefined) return;
      const title = `title ${scene.random.below(1_000)}`;
      await surely(() =>
        found.person.call('renameConversation', { params: { id: found.room.id }, body: { title } }),
      );
    },
  },
  {
    name: 'go away or come back',
    weight: 5,
    async act({ company, random }) {
      const reader = random.pick(company.readers);
      if (reader.isConnected()) reader.close();
      else await reader.open();
    },
  },
  {
    name: 'lose the line',
    weight: 4,
    async act({ company, random }) {
      // Without a goodbye, as in a tunnel; it connects again by itself.
      const reader = random.pick(company.readers);
      if (reader.isConnected()) reader.device.socket().io.engine.close();
    },
  },
  {
    name: 'take a new device',
    weight: 1,
    async act({ company, random }) {
      const person = random.pick(company.people);
      const mine = company.readers.filter((one) => one.person === person);
      if (mine.length < MOST_READERS) await company.addReader(person);
    },
  },
];
