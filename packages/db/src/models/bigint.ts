import { DataTypes, type ModelAttributeColumnOptions } from 'sequelize';

/**
 * A bigint column that reads as a number: seqs, versions and positions stay far below 2^53, and the wire carries them
 * as JSON numbers.
 */
export function bigint(
  name: string,
  options: Partial<ModelAttributeColumnOptions> = {},
): ModelAttributeColumnOptions {
  return {
    type: DataTypes.BIGINT,
    allowNull: false,
    get() {
      const value: unknown = this.getDataValue(name);
      return typeof value === 'string' ? Number(value) : value;
    },
    ...options,
  };
}
