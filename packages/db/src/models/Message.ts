import {
  DataTypes,
  type CreationOptional,
  type InferAttributes,
  type InferCreationAttributes,
  type Model,
  type ModelStatic,
  type Sequelize,
} from 'sequelize';
import { bigint } from './bigint';

/** An entry of a conversation's log: a message, or an event of the conversation. */
export interface Message extends Model<InferAttributes<Message>, InferCreationAttributes<Message>> {
  conversationId: string;
  seq: number;
  id: string;
  version: number;
  kind: 'message' | 'event';
  senderId: string;
  clientMessageId: CreationOptional<string | null>;
  /** Keyed digest of the first content, once the content has changed or is gone (D2). */
  digest: CreationOptional<Buffer | null>;
  messageType: CreationOptional<'text' | 'image' | 'file' | 'voice'>;
  contentEncrypted: CreationOptional<string | null>;
  replyToId: CreationOptional<string | null>;
  createdAt: Date;
  editedAt: CreationOptional<Date | null>;
  deletedAt: CreationOptional<Date | null>;
  /** Time of the last change after the send: sync reads such entries besides new ones (D7). */
  changedAt: CreationOptional<Date | null>;
  reactions: CreationOptional<object[] | null>;
  event: CreationOptional<object | null>;
}

/** Defines the model on one connection. */
export function defineMessage(sequelize: Sequelize): ModelStatic<Message> {
  return sequelize.define<Message>(
    'Message',
    {
      conversationId: { type: DataTypes.UUID, primaryKey: true },
      seq: bigint('seq', { primaryKey: true }),
      id: { type: DataTypes.UUID, allowNull: false, unique: true },
      version: bigint('version'),
      kind: { type: DataTypes.TEXT, allowNull: false },
      senderId: { type: DataTypes.UUID, allowNull: false },
      clientMessageId: { type: DataTypes.TEXT },
      digest: { type: DataTypes.BLOB },
      messageType: { type: DataTypes.TEXT, allowNull: false, defaultValue: 'text' },
      contentEncrypted: { type: DataTypes.TEXT },
      replyToId: { type: DataTypes.UUID },
      createdAt: { type: DataTypes.DATE(3), allowNull: false },
      editedAt: { type: DataTypes.DATE(3) },
      deletedAt: { type: DataTypes.DATE(3) },
      changedAt: { type: DataTypes.DATE(3) },
      reactions: { type: DataTypes.JSONB },
      event: { type: DataTypes.JSONB },
    },
    { tableName: 'messages', timestamps: false, underscored: true },
  );
}
