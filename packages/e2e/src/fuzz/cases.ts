import { commands, type Endpoint, type EndpointName, endpoints } from '@chasqui/protocol';
import * as fc from 'fast-check';
import { type Schema, valuesOf } from './fromSchema';
import { jsonText } from './jsonText';
import { mutated } from './mutate';

/** One thing to ask, complete: it can be written down and asked again. Ids are tokens (`‹me›`). */
export type Case = RestCase | CommandCase | FrameCase;

export interface RestCase {
  door: 'rest';
  endpoint: EndpointName;
  params: Record<string, unknown>;
  query: Record<string, unknown>;
  /** JSON, or what is to pass for it. */
  body?: string;
  authorization: string;
  contentType: string;
}

export interface CommandCase {
  door: 'command';
  command: string;
  /** One JSON text for each argument. */
  data: string[];
}

/** What goes over the wire as it is, on a connection of its own. */
export interface FrameCase {
  door: 'frame';
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

/** What ends sessions is asked by those of whom there are some to spare. */
const spending: Readonly<Record<string, fc.Arbitrary<string>>> = {
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

/** A text that was cut off, or into which something got. */
function spoilt(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .tuple(texts, fc.nat(), fc.nat({ max: 39 }), fc.string({ maxLength: 3 }))
    .map(([text, where, how, more]) => {
      const at = where % (text.length + 1);
      if (how === 0) return text.slice(0, at);
      return how === 1 ? text.slice(0, at) + more + text.slice(at) : text;
    });
}

const fieldsOf = (schema: Schema | undefined, about: string, wrong: boolean) => {
  if (schema === undefined) return fc.constant<Record<string, unknown>>({});
  const values = valuesOf(schema, about);
  return (wrong ? mutated(values) : values).map((value): Record<string, unknown> =>
    typeof value === 'object' ? { ...value } : {},
  );
};

function restCases([name, endpoint]: [string, Endpoint]): fc.Arbitrary<RestCase> {
  const about = endpoint.path.split('/')[name.endsWith('Letter') ? 3 : 2] ?? '';
  const { params, query, body } = endpoint;
  const text = body && spoilt(mutated(valuesOf(body, about)).map(jsonText));
  return fc.record({
    door: fc.constant('rest' as const),
    endpoint: fc.constant(name as EndpointName),
    // Mostly right, or nothing behind the path would ever be asked.
    params: fc.oneof(
      { weight: 5, arbitrary: fieldsOf(params, about, false) },
      { weight: 1, arbitrary: fieldsOf(params, about, true) },
    ),
    query: fieldsOf(query, about, true),
    ...(text === undefined ? {} : { body: text }),
    authorization: spending[name] ?? authorizations,
    contentType: contentTypes,
  });
}

const commandCases = commands.map(({ name, data }) => {
  const text = mutated(valuesOf(data, 'anything')).map(jsonText);
  return fc.record<CommandCase>({
    door: fc.constant('command'),
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

// About what is hers, so that nothing is stored by those that are well-formed by chance.
const frames = fc
  .tuple(
    fc.constantFrom(
      '42["chat:message_send",{"conversationId":"‹hersConversation›","contentEncrypted":"x"}]',
      '4217["chat:message_read",{"messageId":"‹hersMessage›"}]',
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
    return { door: 'frame', frame: edited };
  });

/** Everything that may be asked, by every door, from the declarations of the protocol: a new one is asked as well. */
export const cases: fc.Arbitrary<Case> = fc.oneof(
  ...Object.entries<Endpoint>(endpoints).map((entry) => ({
    weight: 2,
    arbitrary: restCases(entry),
  })),
  ...commandCases.map((arbitrary) => ({ weight: 4, arbitrary })),
  { weight: 1, arbitrary: frames },
);
