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

/** Maps the subject of an external token issuer to a user. */
export interface ExternalIdentity extends Model<
  InferAttributes<ExternalIdentity>,
  InferCreationAttributes<ExternalIdentity>
> {
  issuer: string;
  subject: string;
  userId: string;
  createdAt: CreationOptional<Date>;
}

/** Defines the model on one connection. */
export function defineExternalIdentity(sequelize: Sequelize): ModelStatic<ExternalIdentity> {
  return sequelize.define<ExternalIdentity>(
    'ExternalIdentity',
    {
      issuer: { type: DataTypes.TEXT, primaryKey: true },
      subject: { type: DataTypes.TEXT, primaryKey: true },
      userId: { type: DataTypes.UUID, allowNull: false },
      createdAt: { type: DataTypes.DATE(3), allowNull: false, defaultValue: literal('now()') },
    },
    { tableName: 'external_identities', timestamps: false, underscored: true },
  );
}
