import {
  type Conversation,
  type Database,
  defineConversation,
  defineMessage,
  defineParticipant,
  type Message,
  type Participant,
} from '@chasqui/db';
import type { ModelStatic } from 'sequelize';

export interface ConversationModels {
  conversations: ModelStatic<Conversation>;
  participants: ModelStatic<Participant>;
  messages: ModelStatic<Message>;
}

const bound = new WeakMap<Database, ConversationModels>();

/** The models of this database, bound once. */
export function conversationModels(db: Database): ConversationModels {
  const known = bound.get(db);
  if (known !== undefined) return known;
  const models = {
    conversations: defineConversation(db.sequelize),
    participants: defineParticipant(db.sequelize),
    messages: defineMessage(db.sequelize),
  };
  bound.set(db, models);
  return models;
}
