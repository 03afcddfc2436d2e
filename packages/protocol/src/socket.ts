import type * as z from 'zod';
import { authRefresh } from './commands/authRefresh';
import type { Command, CommandAnswer, noData } from './commands/command';
import { messageDelivered } from './commands/messageDelivered';
import { messageRead } from './commands/messageRead';
import { messageSend } from './commands/messageSend';
import { presenceOffline } from './commands/presenceOffline';
import { presenceOnline } from './commands/presenceOnline';
import { sync } from './commands/sync';
import { typing } from './commands/typing';
import { blockChanged } from './events/user/blockChanged';
import { conversationCreated } from './events/conversation/conversationCreated';
import { conversationRemoved } from './events/conversation/conversationRemoved';
import { conversationUpdated } from './events/conversation/conversationUpdated';
import type { EventDefinition } from './events/event';
import { messageReceived } from './events/message/messageReceived';
import { messagesReceived } from './events/message/messagesReceived';
import { messageStatusUpdated } from './events/message/messageStatusUpdated';
import { messageUpdated } from './events/message/messageUpdated';
import { privacyChanged } from './events/user/privacyChanged';
import { queueEmpty } from './events/connection/queueEmpty';
import { requestsChanged } from './events/user/requestsChanged';
import { sessionReady } from './events/connection/sessionReady';
import { unreadUpdated } from './events/conversation/unreadUpdated';
import { userStatusChanged } from './events/user/userStatusChanged';
import { userTyping } from './events/conversation/userTyping';

/** All commands. Tests and documents iterate over this table. */
export const commands = [
  messageSend,
  messageDelivered,
  messageRead,
  typing,
  presenceOnline,
  presenceOffline,
  sync,
  authRefresh,
] as const satisfies readonly Command[];

/** All server events. */
export const serverEvents = [
  sessionReady,
  messageReceived,
  messagesReceived,
  queueEmpty,
  messageUpdated,
  messageStatusUpdated,
  unreadUpdated,
  blockChanged,
  requestsChanged,
  privacyChanged,
  userTyping,
  userStatusChanged,
  conversationCreated,
  conversationUpdated,
  conversationRemoved,
] as const satisfies readonly EventDefinition[];

type AnyCommand = (typeof commands)[number];
type AnyEvent = (typeof serverEvents)[number];

export type CommandName = AnyCommand['name'];
export type ServerEventName = AnyEvent['name'];

const eventNames = new Set<string>(serverEvents.map(({ name }) => name));

/** False for a name that only another version of the contract has. */
export function isServerEventName(name: string): name is ServerEventName {
  return eventNames.has(name);
}

/** The parsed data of a command, and the fields of its answer beside `success: true`. */
export type CommandData<C extends Command> = z.output<C['data']>;
export type CommandResult<C extends Command> = z.output<C['answer']>;

type Callback<C extends Command> = (answer: CommandAnswer<CommandResult<C>>) => void;

/** For `Server<ClientToServerEvents, ServerToClientEvents>`; the callback is optional. */
export type ClientToServerEvents = {
  [C in AnyCommand as C['name']]: C['data'] extends typeof noData
    ? (answer?: Callback<C>) => void
    : (data: z.input<C['data']>, answer?: Callback<C>) => void;
};

/** For `Socket<ServerToClientEvents, ClientToServerEvents>` in a client. */
export type ServerToClientEvents = {
  [E in AnyEvent as E['name']]: (data: z.output<E['data']>) => void;
};
