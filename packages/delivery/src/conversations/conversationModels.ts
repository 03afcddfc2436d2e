import type { Database } from '@pern/db/connect';
import { defineConversation, type Conversation } from '@pern/db/models/Conversation';
import { defineMessage, type Message } from '@pern/db/models/Message';
import { defineParticipant, type Participant } from '@pern/db/models/Participant';
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
