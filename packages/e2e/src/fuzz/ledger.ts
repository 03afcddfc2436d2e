import {
  conversationSchema,
  type EndpointName,
  messageSchema,
  messageSend,
  sessionSchema,
} from '@chasqui/protocol';
import type { Instance } from '@chasqui/testkit';

/** Counts what successful answers promise, and compares it with the rows in PostgreSQL. */
export interface Ledger {
  /** Records a successful request. */
  answered(endpoint: EndpointName, status: number, body: unknown): void;
  /** Records the answer to a command. */
  received(command: string, answer: unknown): void;
  /** Starts counting from the current rows. */
  open(): Promise<void>;
  /** Differences between answers and new rows since `open`. */
  differences(): Promise<string[]>;
}

type Counted = 'users' | 'sessions' | 'conversations' | 'messages';

export function createLedger(instance: Instance, victimConversation: string): Ledger {
  const promised: Record<Counted, Set<string>> = {
    users: new Set(),
    sessions: new Set(),
    conversations: new Set(),
    messages: new Set(),
  };
  let before: Row | undefined;

  type Row = Record<Counted, number> & { victim_data: string };

  /** Row counts, and a fingerprint of the victim's data, which no other user may change. */
  async function countRows(): Promise<Row> {
    const [row] = await instance.sql<Row>(
      `SELECT (SELECT count(*)::int FROM users) AS users,
              (SELECT count(*)::int FROM sessions) AS sessions,
              (SELECT count(*)::int FROM conversations) AS conversations,
              (SELECT count(*)::int FROM messages WHERE kind = 'message') AS messages,
              md5(concat(
                (SELECT string_agg(c::text, '|') FROM conversations c WHERE id = $1),
                (SELECT string_agg(p::text, '|' ORDER BY user_id) FROM participants p WHERE conversation_id = $1),
                (SELECT string_agg(m::text, '|' ORDER BY seq) FROM messages m WHERE conversation_id = $1))) AS victim_data`,
      [victimConversation],
    );
    if (row === undefined) throw new Error('no counts');
    return row;
  }

  return {
    answered(endpoint, status, body) {
      if (endpoint === 'register' || endpoint === 'login') {
        const { user, refresh_token } = sessionSchema.parse(body);
        promised.sessions.add(refresh_token);
        if (endpoint === 'register') promised.users.add(user.id);
      }
      if (status === 201 && (endpoint === 'createDirect' || endpoint === 'createGroup')) {
        promised.conversations.add(conversationSchema.parse(body).id);
      }
      if (status === 201 && endpoint === 'sendMessage') {
        promised.messages.add(messageSchema.parse(body).id);
      }
    },
    received(command, answer) {
      if (command !== messageSend.name) return;
      const parsed = messageSend.answer.safeParse(answer);
      if (parsed.success) promised.messages.add(parsed.data.message.id);
    },
    async open() {
      for (const ids of Object.values(promised)) ids.clear();
      before = await countRows();
    },
    async differences() {
      if (before === undefined) throw new Error('not opened');
      const since = before;
      const after = await countRows();
      const kinds = ['users', 'sessions', 'conversations', 'messages'] as const;
      return [
        ...kinds
          .filter((kind) => after[kind] - since[kind] !== promised[kind].size)
          .map((kind) => `${after[kind] - since[kind]} ${kind}, ${promised[kind].size} promised`),
        ...(after.victim_data === since.victim_data ? [] : ['the data of the victim has changed']),
      ];
    },
  };
}
