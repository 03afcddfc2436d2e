import { bounded } from '../bounded';
import { patiently } from './patiently';
import { type Person, register } from './person';
import { createSender, type Sender } from './sender';

/** A person together with the messages they send. */
export interface Player extends Person {
  readonly sender: Sender;
}

export interface Cast {
  readonly ana: Player;
  readonly ben: Player;
  readonly conversationId: string;
  /** Signs both out and closes their clients. */
  leave(): Promise<void>;
}

/** Registers two new users and opens their conversation. With several servers, each uses a different one. */
export async function openCast(urls: readonly string[]): Promise<Cast> {
  const [ana, ben] = await bounded(
    'registering two users',
    120_000,
    Promise.all([register(urls[0] ?? '', 'ana'), register(urls.at(-1) ?? '', 'ben')]),
  );
  const { id: conversationId } = await bounded(
    'opening their conversation',
    30_000,
    patiently('Opening the conversation', () => ana.client.createDirect(ben.id)),
  );
  return {
    ana: { ...ana, sender: createSender(ana, conversationId) },
    ben: { ...ben, sender: createSender(ben, conversationId) },
    conversationId,
    async leave() {
      const leaving = Promise.allSettled([ana.leave(), ben.leave()]);
      await bounded('signing out', 2_000, leaving).catch(() => undefined);
    },
  };
}
