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

/** One login on one device, with its family of refresh tokens. */
export interface Session extends Model<InferAttributes<Session>, InferCreationAttributes<Session>> {
  id: string;
  userId: string;
  createdAt: CreationOptional<Date>;
  /** All times are PostgreSQL's: no node's clock matters. */
  expiresAt: Date | Literal;
  revokedAt: CreationOptional<Date | Literal | null>;
  /** The client's name, cleaned; null when it gave none. */
  userAgent: CreationOptional<string | null>;
  /** Last exchange of tokens; null before the first. */
  lastSeenAt: CreationOptional<Date | Literal | null>;
}

/** Defines the model on one connection. */
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
