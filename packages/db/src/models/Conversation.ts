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

/** A direct conversation or a group. Its row is the lock under which everything in it changes. */
export interface Conversation extends Model<
  InferAttributes<Conversation>,
  InferCreationAttributes<Conversation>
> {
  id: string;
  type: 'direct' | 'group';
  /** Empty in direct conversations. */
  title: CreationOptional<string | null>;
  createdBy: string;
  createdAt: CreationOptional<Date>;
  /** Last activity: what lists are ordered by. */
  updatedAt: CreationOptional<Date>;
  /** Rises with every change of an entry or of the conversation. */
  version: CreationOptional<number>;
  lastSeq: CreationOptional<number>;
  participantCount: CreationOptional<number>;
  /** Rises when somebody joins or leaves (D9). */
  membersVersion: CreationOptional<number>;
  /** The two user ids of a direct conversation, sorted and joined with ':'. */
  directKey: CreationOptional<string | null>;
  /** Seconds for which content is kept; null: for ever. */
  retentionS: CreationOptional<number | null>;
  /** The creator's id for the making of this group, by which a repeat finds it. */
  clientId: CreationOptional<string | null>;
}

/** Binds the model to one connection. */
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
