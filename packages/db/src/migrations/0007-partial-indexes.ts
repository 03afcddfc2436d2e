import type { MigrationContext } from '../migrating/migration';

/**
 * Partial indexes start with an expression, so that no other index matches the look-up. A plan made while nearly
 * everything was open, or while the partial index was bloated, preferred the index of all memberships, and kept
 * reading all of them (D12). participants_recent is chosen for its order and covers its query.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP INDEX participants_open, participants_resting, participants_pending, participants_settled;
    CREATE INDEX participants_open ON participants (uuid_send(user_id)) WHERE open;
    CREATE INDEX participants_resting ON participants (uuid_send(conversation_id)) WHERE NOT open;
    CREATE INDEX participants_pending ON participants (uuid_send(user_id)) WHERE pending;
    CREATE INDEX participants_settled ON participants (uuid_send(conversation_id)) WHERE NOT pending;
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP INDEX participants_open, participants_resting, participants_pending, participants_settled;
    CREATE INDEX participants_open ON participants (user_id) WHERE open;
    CREATE INDEX participants_resting ON participants (conversation_id) WHERE NOT open;
    CREATE INDEX participants_pending ON participants (user_id) WHERE pending;
    CREATE INDEX participants_settled ON participants (conversation_id) WHERE NOT pending;
  `);
}
