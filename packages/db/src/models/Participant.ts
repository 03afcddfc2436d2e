import {
  DataTypes,
  type CreationOptional,
  type InferAttributes,
  type InferCreationAttributes,
  type Model,
  type ModelStatic,
  type Sequelize,
} from 'sequelize';
import type { Literal } from 'sequelize/types/utils';
import { bigint } from './bigint';

/**
 * One membership. The row exists from joining to leaving: a user who is added again gets a new one (D9). This model
 * only creates and deletes it and sets its role; the functions of the delivery path move its positions.
 */
export interface Participant extends Model<
  InferAttributes<Participant>,
  InferCreationAttributes<Participant>
> {
  conversationId: string;
  userId: string;
  role: 'admin' | 'moderator' | 'member';
  joinedAt: Date;
  /** The first seq that this membership sees. */
  joinedSeq: number;
  deliveredSeq: number;
  readSeq: number;
  /** Position of the most advanced device. */
  ackedSeq: number;
  /** Something has changed since `fromSeq`, `fromVersion` and `fromPos` (RULES.md, R5). */
  open: CreationOptional<boolean>;
  fromSeq: number;
  fromVersion: number;
  fromPos: number | Literal;
  pending: CreationOptional<boolean>;
  activityAt: Date;
}

/** Defines the model on one connection. */
export function defineParticipant(sequelize: Sequelize): ModelStatic<Participant> {
  return sequelize.define<Participant>(
    'Participant',
    {
      conversationId: { type: DataTypes.UUID, primaryKey: true },
      userId: { type: DataTypes.UUID, primaryKey: true },
      role: { type: DataTypes.TEXT, allowNull: false },
      joinedAt: { type: DataTypes.DATE(3), allowNull: false },
      joinedSeq: bigint('joinedSeq'),
      deliveredSeq: bigint('deliveredSeq'),
      readSeq: bigint('readSeq'),
      ackedSeq: bigint('ackedSeq'),
      open: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: true },
      fromSeq: bigint('fromSeq'),
      fromVersion: bigint('fromVersion'),
      fromPos: bigint('fromPos'),
      pending: { type: DataTypes.BOOLEAN, allowNull: false, defaultValue: false },
      activityAt: { type: DataTypes.DATE(3), allowNull: false },
    },
    { tableName: 'participants', timestamps: false, underscored: true },
  );
}
