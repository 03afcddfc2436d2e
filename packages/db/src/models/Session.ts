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
import type { Literal } from 'sequelize/types/utils';

/** One login on one device: the family of its refresh tokens. */
export interface Session extends Model<InferAttributes<Session>, InferCreationAttributes<Session>> {
  id: string;
  userId: string;
  createdAt: CreationOptional<Date>;
  /** Times are PostgreSQL's own: the clock of a node decides nothing. */
  expiresAt: Date | Literal;
  revokedAt: CreationOptional<Date | Literal | null>;
  /** What the client called itself, cleaned; null when it said nothing. */
  userAgent: CreationOptional<string | null>;
  /** The last exchange of tokens; null before the first. */
  lastSeenAt: CreationOptional<Date | Literal | null>;
}

/** Binds the model to one connection. */
export function defineSession(sequelize: Sequelize): ModelStatic<Session> {
  return sequelize.define<Session>(
    'Session',
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      userId: { type: DataTypes.UUID, allowNull: false },
      createdAt: { type: DataTypes.DATE(3), allowNull: false, defaultValue: literal('now()') },
      expiresAt: { type: DataTypes.DATE(3), allowNull: false },
      revokedAt: { type: DataTypes.DATE(3) },
      userAgent: { type: DataTypes.TEXT },
      lastSeenAt: { type: DataTypes.DATE(3) },
    },
    { tableName: 'sessions', timestamps: false, underscored: true },
  );
}
