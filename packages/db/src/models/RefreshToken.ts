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

/** A refresh token of a session, stored as its SHA-256, never as itself. */
export interface RefreshToken extends Model<
  InferAttributes<RefreshToken>,
  InferCreationAttributes<RefreshToken>
> {
  tokenHash: Buffer;
  sessionId: string;
  createdAt: CreationOptional<Date>;
  expiresAt: Date | Literal;
  /** When it was exchanged for its successor; null for the latest one. */
  rotatedAt: CreationOptional<Date | Literal | null>;
  successorHash: CreationOptional<Buffer | null>;
  /** Id of the signing secret that it is bound to; null for tokens of releases without key ids. */
  keyId: CreationOptional<string | null>;
}

/** Defines the model on one connection. */
export function defineRefreshToken(sequelize: Sequelize): ModelStatic<RefreshToken> {
  return sequelize.define<RefreshToken>(
    'RefreshToken',
    {
      tokenHash: { type: DataTypes.BLOB, primaryKey: true },
      sessionId: { type: DataTypes.UUID, allowNull: false },
      createdAt: { type: DataTypes.DATE(3), allowNull: false, defaultValue: literal('now()') },
      expiresAt: { type: DataTypes.DATE(3), allowNull: false },
      rotatedAt: { type: DataTypes.DATE(3) },
      successorHash: { type: DataTypes.BLOB },
      keyId: { type: DataTypes.TEXT },
    },
    { tableName: 'refresh_tokens', timestamps: false, underscored: true },
  );
}
