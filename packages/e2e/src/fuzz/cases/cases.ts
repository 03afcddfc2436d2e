import { commands, type Endpoint, type EndpointName, endpoints } from '@chasqui/protocol';
import * as fc from 'fast-check';
import { type Schema, valuesOf } from './fromSchema';
import { jsonText } from './jsonText';
import { mutated } from './mutate';

/** One complete request that can be printed and repeated. Ids are tokens (`‹me›`). */
export type Case = RestCase | CommandCase | FrameCase;

export interface RestCase {
  kind: 'rest';
  endpoint: EndpointName;
  params: Record<string, unknown>;
  query: Record<string, unknown>;
  /** JSON text, possibly malformed. */
  body?: string;
  authorization: string;
  contentType: string;
}

export interface CommandCase {
  kind: 'command';
  command: string;
  /** One JSON text per argument. */
  data: string[];
}

/** A raw frame, sent on a new connection. */
export interface FrameCase {
  kind: 'frame';
  frame: string;
}

const authorizations = fc.oneof(
  { weight: 30, arbitrary: fc.constant('Bearer ‹myToken›') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['', 'Bearer', 'Bearer x', 'Basic bWU6bWU=', 'Bearer ‹spareRefresh›', 'Bearer ‹unsigned›'],
      ...['Bearer ‹myToken› x', 'Bearer ‹myToken›x', `Bearer ${'x'.repeat(5_000)}`],
    ),
  },
);

/** Requests that end sessions or accounts use spare ones. */
const sessionEnding: Readonly<Record<string, fc.Arbitrary<string>>> = {
  logout: fc.constant('Bearer ‹spareToken›'),
  endSession: fc.constant('Bearer ‹loneToken›'),
  endOtherSessions: fc.constant('Bearer ‹loneToken›'),
  deleteMe: fc.constant('Bearer ‹leaverToken›'),
  changePassword: fc.constant('Bearer ‹loneToken›'),
};

const contentTypes = fc.oneof(
  { weight: 30, arbitrary: fc.constant('application/json') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ...['', 'text/plain', 'application/json; charset=latin1', 'multipart/form-data; boundary=x'],
      ...[
        'application/x-www-form-urlencoded',
        'application/json; charset=utf-8',
        'application/json;;',
      ],
    ),
  },
);

/** Texts, some of them truncated or with inserted characters. */
function corrupted(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(texts, fc.nat(), fc.nat({ max: 39 }), fc.string({ maxLength: 3 }))
    .map(([text, where, how, more]) => {
      const at = where % (text.length + 1);
      if (how === 0) return text.slice(0, at);
      return how === 1 ? text.slice(0, at) + more + text.slice(at) : text;
    });
}

const fieldsOf = (schema: Schema | undefined, about: string, isMutated: boolean) => {
  if (schema === undefined) return fc.constant<Record<string, unknown>>({});
  const values = valuesOf(schema, about);
  return (isMutated ? mutated(values) : values).map((value): Record<string, unknown> =>
    typeof value === 'object' ? { ...value } : {},
  );
};

function restCases([name, endpoint]: [string, Endpoint]): fc.Arbitrary<RestCase> {
  const about = endpoint.path.split('/')[name.endsWith('Letter') ? 3 : 2] ?? '';
  const { params, query, body } = endpoint;
  const text = body && corrupted(mutated(valuesOf(body, about)).map(jsonText));
  return fc.record({
    kind: fc.constant('rest' as const),
    endpoint: fc.constant(name as EndpointName),
    // Mostly valid, so that cases get past the path.
    params: fc.oneof(
      { weight: 5, arbitrary: fieldsOf(params, about, false) },
      { weight: 1, arbitrary: fieldsOf(params, about, true) },
    ),
    query: fieldsOf(query, about, true),
    ...(text === undefined ? {} : { body: text }),
    authorization: sessionEnding[name] ?? authorizations,
    contentType: contentTypes,
  });
}

const commandCases = commands.map(({ name, data }) => {
  const text = mutated(valuesOf(data, 'anything')).map(jsonText);
  return fc.record<CommandCase>({
    kind: fc.constant('command'),
    command: fc.oneof(
      { weight: 30, arbitrary: fc.constant<string>(name) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('', '__proto__', 'constructor', 'session:ready', 'chat:nothing'),
      },
    ),
    data: fc.oneof(
      { weight: 20, arbitrary: fc.tuple(text) },
      { weight: 1, arbitrary: fc.constantFrom<string[]>([], ['null', '{}'], ['{}', '[]', '1']) },
    ),
  });
});

// They address the victim's data, so frames that stay well-formed store nothing.
const frames = fc
  .tuple(
    fc.constantFrom(
      '42["chat:message_send",{"conversationId":"‹victimConversation›","contentEncrypted":"x"}]',
      '4217["chat:message_read",{"messageId":"‹victimMessage›"}]',
      '451-["chat:message_send",{"_placeholder":true,"num":0}]',
      '461-1[{"_placeholder":true,"num":0}]',
      ...[
        '40',
        '40/admin,',
        '41',
        '43[]',
        '430["x"]',
        '44{"message":"x"}',
        '2',
        '2probe',
        '3',
        '6',
        '7',
      ],
    ),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.string({ unit: 'binary', maxLength: 4 })), {
      maxLength: 3,
    }),
  )
  .map(([frame, edits]): FrameCase => {
    const edited = edits.reduce((text, [where, length, more]) => {
      const at = where % (text.length + 1);
      return text.slice(0, at) + more + text.slice(at + length);
    }, frame);
    return { kind: 'frame', frame: edited };
  });

/** Cases for every endpoint, command and frame, derived from the protocol, so new ones are covered. */
export const cases: fc.Arbitrary<Case> = fc.oneof(
  ...Object.entries<Endpoint>(endpoints).map((entry) => ({
    weight: 2,
    arbitrary: restCases(entry),
  })),
  ...commandCases.map((arbitrary) => ({ weight: 4, arbitrary })),
  { weight: 1, arbitrary: frames },
);
