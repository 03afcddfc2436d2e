import {
  conversationSchema,
  type EndpointName,
  messageSchema,
  messageSend,
  sessionSchema,
} from '@chasqui/protocol';
import type { Instance } from '@chasqui/testkit';

/** Keeps count of what was promised by an answer, and compares it with what PostgreSQL holds: no more, no fewer. */
export interface Books {
  /** A request that was answered with success. */
  answered(endpoint: EndpointName, status: number, body: unknown): void;
  /** A command that was. */
  received(command: string, answer: unknown): void;
  /** Begins to count; what is in the tables now was promised before. */
  open(): Promise<void>;
  /** What PostgreSQL holds since then that no answer speaks of, and the other way round. */
  differences(): Promise<string[]>;
}

type Counted = 'users' | 'sessions' | 'conversations' | 'messages';

export function createBooks(instance: Instance, hersConversation: string): Books {
  const promised: Record<Counted, Set<string>> = {
    users: new Set(),
    sessions: new Set(),
    conversations: new Set(),
    messages: new Set(),
  };
  let before: Row | undefined;

  type Row = Record<Counted, number> & { hers: string };

  /** Also a fingerprint of everything that is hers: only she may change it. */
  async function look(): Promise<Row> {
    const [row] = await instance.sql<Row>(
      `SELECT (SELECT count(*)::int FROM users) AS users,
              (SELECT count(*)::int FROM sessions) AS sessions,
              (SELECT count(*)::int FROM conversations) AS conversations,
              (SELECT count(*)::int FROM messages WHERE kind = 'message') AS messages,
              md5(concat(
                (SELECT string_agg(c::text, '|') FROM conversations c WHERE id = $1),
                (SELECT string_agg(p::text, '|' ORDER BY user_id) FROM participants p WHERE conversation_id = $1),
                (SELECT string_agg(m::text, '|' ORDER BY seq) FROM messages m WHERE conversation_id = $1))) AS hers`,
      [hersConversation],
    );
    if (row === undefined) throw new Error('no figures');
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
      before = await look();
    },
    async differences() {
      if (before === undefined) throw new Error('never opened');
      const since = before;
      const after = await look();
      const kinds = ['users', 'sessions', 'conversations', 'messages'] as const;
      return [
        ...kinds
          .filter((kind) => after[kind] - since[kind] !== promised[kind].size)
          .map((kind) => `${after[kind] - since[kind]} ${kind}, ${promised[kind].size} promised`),
        ...(after.hers === since.hers ? [] : ['what is hers has changed']),
      ];
    },
  };
}
