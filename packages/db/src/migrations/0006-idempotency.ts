import type { MigrationContext } from '../migrating/migration';

/**
 * The index that finds a repeated send starts with an expression, so that no other index matches the look-up. A plan
 * made while the table was empty preferred the primary key, and kept reading the whole conversation for every send.
 */
export async function up({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP INDEX messages_idempotency;
    CREATE UNIQUE INDEX messages_idempotency
      ON messages (uuid_send(conversation_id), sender_id, client_message_id)
      WHERE client_message_id IS NOT NULL;
  `);
}

export async function down({ context }: { context: MigrationContext }): Promise<void> {
  await context.sequelize.query(`
    DROP INDEX messages_idempotency;
    CREATE UNIQUE INDEX messages_idempotency
      ON messages (conversation_id, sender_id, client_message_id) WHERE client_message_id IS NOT NULL;
  `);
}
