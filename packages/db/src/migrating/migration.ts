/** Runs the statements of a migration in its transaction, on the session that holds the migration lock. */
export interface MigrationContext {
  sequelize: { query(statements: string): Promise<unknown> };
}

export interface Migration {
  /** Without a file extension, so that sources and compiled files share one history. */
  name: string;
  /**
   * For statements that cannot run in a transaction, such as CREATE INDEX CONCURRENTLY: each is sent separately, and
   * the record follows. `up` must be repeatable after any of them (start with DROP INDEX IF EXISTS: an interrupted
   * build leaves an invalid index). All other migrations share one transaction with their record.
   */
  outsideTransaction?: true;
  up(params: { context: MigrationContext }): Promise<void>;
  down(params: { context: MigrationContext }): Promise<void>;
}
