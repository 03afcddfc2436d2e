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
import { searchColumns } from '../operations/searchNames';

/** Somebody with an account. The columns of the delivery path (device_counter, clean_pos) are its own business. */
export interface User extends Model<InferAttributes<User>, InferCreationAttributes<User>> {
  id: string;
  username: string;
  /** Lower case; unique. */
  usernameKey: string;
  email: string;
  /** Lower case; unique. */
  emailKey: string;
  displayName: string;
  passwordHash: string | null;
  createdAt: CreationOptional<Date>;
  lastSeenAt: CreationOptional<Date | null>;
  /** When the account was deleted; names and address are placeholders then. */
  deletedAt: CreationOptional<Date | null>;
  /** Set while the password was chosen by an administrator: until then, it only allows choosing a new one. */
  passwordTemporaryUntil: CreationOptional<Date | null>;
  /** Search form of the names (searchNames.ts). Written with every new user and read only by the search. */
  searchKey: CreationOptional<string | null>;
  searchGrams: CreationOptional<number[] | null>;
}

/** Defines the model on one connection; several databases in one process each have their own. */
export function defineUser(sequelize: Sequelize): ModelStatic<User> {
  return sequelize.define<User>(
    'User',
    {
      id: { type: DataTypes.UUID, primaryKey: true },
      username: { type: DataTypes.TEXT, allowNull: false },
      usernameKey: { type: DataTypes.TEXT, allowNull: false },
      email: { type: DataTypes.TEXT, allowNull: false },
      emailKey: { type: DataTypes.TEXT, allowNull: false },
      displayName: { type: DataTypes.TEXT, allowNull: false },
      passwordHash: { type: DataTypes.TEXT },
      createdAt: { type: DataTypes.DATE(3), allowNull: false, defaultValue: literal('now()') },
      lastSeenAt: { type: DataTypes.DATE(3) },
      deletedAt: { type: DataTypes.DATE(3) },
      passwordTemporaryUntil: { type: DataTypes.DATE(3) },
      searchKey: { type: DataTypes.TEXT },
      searchGrams: { type: DataTypes.ARRAY(DataTypes.INTEGER) },
    },
    {
      ...{ tableName: 'users', timestamps: false, underscored: true },
      defaultScope: { attributes: { exclude: ['searchKey', 'searchGrams'] } },
      hooks: {
        beforeCreate(user) {
          user.set(searchColumns(user.username, user.displayName));
        },
      },
    },
  );
}
