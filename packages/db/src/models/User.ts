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
import { searchColumns } from '../queries/searchNames';

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
  /** The account is no more; names and address are placeholders. */
  deletedAt: CreationOptional<Date | null>;
  /** The password was set by an administrator and is good, until then, for choosing another. */
  passwordTemporaryUntil: CreationOptional<Date | null>;
  /** What the user is found by (searchNames.ts). Written with every new user, and read by nobody but the search. */
  searchKey: CreationOptional<string | null>;
  searchGrams: CreationOptional<number[] | null>;
}

/** Binds the model to one connection; several databases in one process each have their own. */
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
