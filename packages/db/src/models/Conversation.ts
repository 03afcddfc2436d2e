import {
  DataTypes,
  literal,
  type CreationOptional,
  type InferAttributes,
  type InferCreationAttributes,
  type Model,
  type ModelStatic,
  type Sequelize,
} from 'sequelize';
import { bigint } from './bigint';

/** A direct conversation or a group. Its row is the lock for every change in it. */
export interface Conversation extends Model<
  InferAttributes<Conversation>,
  InferCreationAttributes<Conversation>
> {
  id: string;
  type: 'direct' | 'group';
  /** Null in direct conversations. */
  title: CreationOptional<string | null>;
  createdBy: string;
  createdAt: CreationOptional<Date>;
  /** Last activity; orders the lists. */
  updatedAt: CreationOptional<Date>;
  /** Increases with every change of an entry or of the conversation. */
  version: CreationOptional<number>;
  lastSeq: CreationOptional<number>;
  participantCount: CreationOptional<number>;
  /** Increases when a user joins or leaves (D9). */
  membersVersion: CreationOptional<number>;
  /** The two user ids of a direct conversation, sorted and joined by ':'. */
  directKey: CreationOptional<string | null>;
  /** Seconds for which content is kept; null for no limit. */
  retentionS: CreationOptional<number | null>;
  /** The creator's id for this group, by which a repeated creation is recognized. */
  clientId: CreationOptional<string | null>;
}

/** Defines the model on one connection. */
export function defineConversation(sequelize: Sequelize): ModelStatic<Conversation> {
  return sequelize.define<Conversation>(
    'Conversation',
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      type: { type: DataTypes.TEXT, allowNull: false },
      title: { type: DataTypes.TEXT },
      createdBy: { type: DataTypes.UUID, allowNull: false },
      createdAt: { type: DataTypes.DATE(3), allowNull: false, defaultValue: literal('now()') },
      updatedAt: { type: DataTypes.DATE(3), allowNull: false, defaultValue: literal('now()') },
      version: bigint('version', { defaultValue: 0 }),
      lastSeq: bigint('lastSeq', { defaultValue: 0 }),
      participantCount: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
      membersVersion: bigint('membersVersion', { defaultValue: 1 }),
      directKey: { type: DataTypes.TEXT },
      retentionS: { type: DataTypes.INTEGER },
      clientId: { type: DataTypes.TEXT },
    },
    { tableName: 'conversations', timestamps: false, underscored: true },
  );
}
