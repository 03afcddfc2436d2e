/** What a migration runs its statements with: the session that holds the lock, in the transaction of this migration. */
export interface MigrationContext {
  sequelize: { query(statements: string): Promise<unknown> };
}

export interface Migration {
  /** Without a file extension, so that sources and build share one history. */
  name: string;
  /**
   * For statements that refuse a transaction, such as CREATE INDEX CONCURRENTLY: each is sent by itself, and
   * the record follows. So `up` has to be repeatable after any of them (DROP INDEX IF EXISTS first: an
   * interrupted one leaves an invalid index). All others are one transaction with their record.
   */
  outsideTransaction?: true;
  up(params: { context: MigrationContext }): Promise<void>;
  down(params: { context: MigrationContext }): Promise<void>;
}
