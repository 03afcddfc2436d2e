import type { User } from '@chasqui/protocol';
import type { Cipher } from '../crypto/cipher';
import type { Clock } from '../scheduling/clock';
import { decodeEntries } from '../crypto/decode';
import { createSnapshotStore, type SnapshotStore } from '../storage/snapshotStore';
import { createOutbox, type Outbox } from '../outbox/outbox';
import { createOrder, createOutboxStorage } from '../outbox/outboxStorage';
import { createReadMarks, type ReadMarks } from '../sync/readMarks';
import type { Storage } from '../storage/storage';
import type { WritableStore } from '../state/store';
import type { Tabs } from '../tabs/tabs';
import type { PendingSends } from '../outbox/pendingSends';

/** Outbox, snapshots and read marks of one signed-in user. The next user of the same device never sends Ana's messages. */
export interface AccountSession {
  readonly user: User;
  readonly outbox: Outbox;
  readonly known: SnapshotStore;
  readonly reads: ReadMarks;
  /** From now on this client writes for all tabs that share the storage. */
  lead(): void;
  /** Writes pending changes and stops. */
  close(): Promise<void>;
  /** Stops without writing: another tab has deleted the user's data. */
  abandon(): void;
  /** Stops and deletes all data of this user from the storage, unsent messages included. */
  erase(): Promise<void>;
}

interface Deps {
  storage: Storage;
  tabs: Tabs;
  cipher: Cipher;
  clock: Clock;
  random: () => number;
  store: WritableStore;
  pendingSends: PendingSends;
  isLeading: () => boolean;
}

/** Restores the user's stored state, so that the client can show it before it connects, or offline. */
export async function openAccountSession(user: User, deps: Deps): Promise<AccountSession> {
  const { tabs, cipher, clock, random, store, pendingSends, isLeading } = deps;
  let isShut = false;
  // Drops writes that are still pending when the user signs out.
  const storage: Storage = {
    ...deps.storage,
    write: (changes) => (isShut ? Promise.resolve() : deps.storage.write(changes)),
  };
  const known = createSnapshotStore({
    ...{ storage, clock, isLeading, userId: user.id },
    getState: store.getState,
  });
  const reads = createReadMarks(storage, user.id, clock);
  const tab = random().toString(36).slice(2, 8);
  const outbox = createOutbox({
    ...{ clock, random, storage: createOutboxStorage(storage, user.id) },
    order: createOrder(() => clock.now(), tab),
    async decode({ content_encrypted, conversation_id }) {
      return Promise.resolve(cipher.decode(content_encrypted, conversation_id)).catch(() => null);
    },
    onChange(entries) {
      store.dispatch({ type: 'outbox changed', outbox: entries });
      pendingSends.changed(entries);
    },
    onSent(entry, entries) {
      store.dispatch({ type: 'sent', entry, outbox: entries });
      pendingSends.arrived(entry);
    },
    onStored: () => tabs.notify('outbox'),
  });

  store.dispatch({ type: 'signed in', user });
  const { cursor, conversations, entries } = await known.read();
  const decoded = await decodeEntries(cipher, entries);
  store.dispatch({ type: 'restored', cursor, conversations, entries: decoded });
  for (const [conversationId, seq] of await reads.restore()) {
    store.dispatch({ type: 'read here', conversationId, seq });
  }
  await outbox.reload();
  const stopWatching = store.subscribe(() => known.changed());
  if (isLeading()) outbox.lead();

  async function stop(): Promise<void> {
    stopWatching();
    outbox.stop();
    known.stop();
    await reads.stop();
  }

  return {
    user,
    outbox,
    known,
    reads,
    lead() {
      known.startOver();
      known.changed();
      // The previous leader may have sent some of these messages already; their ids prevent duplicates (D2).
      void outbox.reload().then(() => outbox.lead());
    },
    async close() {
      // First, so that the snapshot is taken from the current state.
      const written = known.flush().catch(() => undefined);
      await stop();
      await written;
    },
    abandon() {
      isShut = true;
      void stop();
    },
    async erase() {
      isShut = true;
      await stop();
      const stored = await deps.storage.list(`user/${user.id}/`);
      await deps.storage.write(stored.map(({ key }) => ({ key })));
    },
  };
}
