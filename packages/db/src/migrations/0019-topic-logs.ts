import type { MigrationContext } from '../migrating/migration';

/** Logs of non-chat events that applications publish, by topic: one log per application. */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    CREATE TABLE topic_logs (
      name text PRIMARY KEY,
      -- Locked by every publish, so that the seqs are in the order of the commits and have no gaps.
      last_seq bigint NOT NULL DEFAULT 0,
      -- Events below this seq were pruned.
      first_seq bigint NOT NULL DEFAULT 1
    );
    CREATE TABLE topic_events (
      log text NOT NULL,
      seq bigint NOT NULL,
      id text NOT NULL,
      topics text[] NOT NULL,
      private boolean NOT NULL,
      type text,
      data text NOT NULL,
      retry integer,
      published_at timestamptz(3) NOT NULL,
      PRIMARY KEY (log, seq),
      UNIQUE (log, id)
    );
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`DROP TABLE topic_events; DROP TABLE topic_logs;`);
}
