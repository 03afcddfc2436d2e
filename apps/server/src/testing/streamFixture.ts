import type { Message, Session } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  type EventStream,
  openEventStream,
  openServerFixture,
  quietLog,
  type ServerFixture,
} from '@chasqui/testkit';
import { type Node, startNode } from '../startNode';

export interface StreamOptions {
  token?: string | undefined;
  node?: Node | undefined;
  headers?: Record<string, string>;
  lastEventId?: string | undefined;
  method?: 'GET' | 'HEAD' | 'OPTIONS';
}

/** Servers of this process, and the streams that a test has opened on them. */
export interface StreamFixture extends ServerFixture<Node> {
  /** Opens a raw stream with this query. */
  stream(query: string, options?: StreamOptions): Promise<EventStream>;
  /** Opens a stream of everything of this person. */
  streamOf(person: Session, options?: StreamOptions): Promise<EventStream>;
  send(from: Session, conversationId: string, content: string): Promise<Message>;
  closeStreams(): void;
}

export async function openStreamFixture(): Promise<StreamFixture> {
  const streams: EventStream[] = [];
  const servers = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  const fixture: StreamFixture = {
    ...servers,
    async stream(query, { token, node, headers = {}, lastEventId, method = 'GET' } = {}) {
      const url = `${servers.urlOf(node)}/.well-known/mercure?${query}`;
      const stream = await openEventStream(url, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }),
          ...headers,
        },
      });
      streams.push(stream);
      return stream;
    },
    streamOf: (person, options) =>
      fixture.stream(topicOf(person), { token: person.access_token, ...options }),
    async send(from, conversationId, content) {
      const { status, body } = await servers.httpOf()('POST', '/api/messages', {
        token: from.access_token,
        body: { conversation_id: conversationId, content_encrypted: content },
      });
      if (status !== 201) throw new Error(`the message was refused: ${status}`);
      return body as Message;
    },
    closeStreams() {
      for (const stream of streams.splice(0)) stream.close();
    },
  };
  return fixture;
}

/** The query for the own topic of a person. */
export const topicOf = ({ user }: Session): string => topicQuery(`/users/${user.id}`);

export const topicQuery = (topic: string): string => `topic=${encodeURIComponent(topic)}`;

/** The data of untyped events. */
export const dataOf = ({ events }: EventStream): string[] =>
  events.filter(({ event }) => event === 'message').map(({ data }) => data);

export const messagesOf = (stream: EventStream): Message[] =>
  dataOf(stream).map((data) => JSON.parse(data) as Message);

export const seqsOf = (stream: EventStream): number[] => messagesOf(stream).map(({ seq }) => seq);

/** The data of events of this type. */
export const typedIn = ({ events }: EventStream, type: string): unknown[] =>
  events.filter(({ event }) => event === type).map(({ data }) => JSON.parse(data) as unknown);

/** Whether the backlog was sent. */
export const isCaughtUp = (stream: EventStream): boolean =>
  typedIn(stream, 'queue-empty').length > 0;
