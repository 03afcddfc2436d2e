import {
  blockChanged,
  conversationCreated,
  conversationRemoved,
  conversationUpdated,
  messageReceived,
  messagesReceived,
  messageStatusUpdated,
  messageUpdated,
  privacyChanged,
  queueEmpty,
  requestsChanged,
  TYPING_EXPIRES_MS,
  unreadUpdated,
  userStatusChanged,
  userTyping,
} from '@chasqui/protocol';
import type { z } from 'zod';
import type { Cipher } from '../crypto/cipher';
import type { Clock } from '../scheduling/clock';
import { entry, receivedEntries } from '../transport/responses';
import { decodeEntries } from '../crypto/decode';
import type { Entry, WireEntry } from '../state/entry';
import type { ChatEvent } from '../state/chatEvent';

interface Deps {
  cipher: Cipher;
  clock: Clock;
  enqueue: <T>(work: () => T | Promise<T>) => Promise<T>;
  /** Events that change the state, except message frames. */
  onEvent: (event: ChatEvent) => void;
  /** Entries of a frame, ascending by seq. */
  onFrame: (entries: Entry[]) => void;
  onDrained: () => void;
  /** The list of requests has changed and must be loaded again. */
  onRequests: () => void;
  /** A membership began or ended. Called on arrival, ahead of queued events: a response in flight may be older. */
  onMembership: () => void;
}

type Reader = (data: unknown) => (() => void | Promise<void>) | undefined;

/**
 * Parses and decodes events and dispatches them in wire order. Unknown and malformed events are ignored: a newer server
 * may send more than this client understands.
 */
export function createEventDecoder({
  cipher,
  clock,
  enqueue,
  ...deps
}: Deps): (name: string, data: unknown) => void {
  function on<S extends z.ZodType>(
    schema: S,
    work: (data: z.output<S>) => void | Promise<void>,
  ): Reader {
    return (data) => {
      const read = schema.safeParse(data);
      return read.success ? () => work(read.data) : undefined;
    };
  }

  const frame = async (entries: WireEntry[]): Promise<void> =>
    deps.onFrame(await decodeEntries(cipher, entries));

  const readers = new Map<string, Reader>([
    [messageReceived.name, on(entry, (one) => frame([one]))],
    [messagesReceived.name, on(receivedEntries, ({ messages }) => frame(messages))],
    [queueEmpty.name, on(queueEmpty.data, () => deps.onDrained())],
    [
      messageUpdated.name,
      on(entry, async (one) => {
        for (const decoded of await decodeEntries(cipher, [one])) {
          deps.onEvent({ type: 'message updated', entry: decoded });
        }
      }),
    ],
    [
      messageStatusUpdated.name,
      on(messageStatusUpdated.data, (update) => deps.onEvent({ type: 'status updated', update })),
    ],
    [
      unreadUpdated.name,
      on(unreadUpdated.data, (update) => deps.onEvent({ type: 'unread updated', update })),
    ],
    [
      userTyping.name,
      on(userTyping.data, ({ conversationId, userId, username, isTyping }) => {
        // By the local clock: the server's may differ.
        const until = clock.now() + TYPING_EXPIRES_MS;
        const user = { user_id: userId, username, until };
        deps.onEvent({ type: 'typing', conversationId, user, isTyping });
      }),
    ],
    [
      userStatusChanged.name,
      on(userStatusChanged.data, (change) => deps.onEvent({ type: 'presence changed', change })),
    ],
    [
      blockChanged.name,
      on(blockChanged.data, (change) => deps.onEvent({ type: 'block changed', change })),
    ],
    [requestsChanged.name, on(requestsChanged.data, () => deps.onRequests())],
    [
      privacyChanged.name,
      on(privacyChanged.data, (privacy) => deps.onEvent({ type: 'privacy read', privacy })),
    ],
    [
      conversationCreated.name,
      on(conversationCreated.data, (one) =>
        deps.onEvent({ type: 'conversations read', conversations: [one] }),
      ),
    ],
    [
      conversationUpdated.name,
      on(conversationUpdated.data, (conversation) =>
        deps.onEvent({ type: 'conversation updated', conversation }),
      ),
    ],
    [
      conversationRemoved.name,
      on(conversationRemoved.data, ({ conversationId }) =>
        deps.onEvent({ type: 'conversation removed', conversationId }),
      ),
    ],
  ]);

  return (name, data) => {
    const work = readers.get(name)?.(data);
    if (work === undefined) return;
    if (name === conversationCreated.name || name === conversationRemoved.name) deps.onMembership();
    void enqueue(work);
  };
}
