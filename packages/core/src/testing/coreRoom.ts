import { createHash, randomUUID } from 'node:crypto';
import { connectDatabase, type Database } from '@chasqui/db';
import { freshDatabase } from '@chasqui/testkit';
import { appendBatch } from '../send/appendBatch';
import { recordingAnnounce, type RecordingAnnounce } from './fakes/recordingAnnounce';

/** A separate database with users and recorded announcements, for tests of the core without a transport. */
export interface DeliveryRoom {
  db: Database;
  announce: RecordingAnnounce;
  /** A second pool on the same database, as another node has. */
  otherNode(): Database;
  /** Creates users with these names and returns their ids. */
  users<Names extends string[]>(...names: Names): Promise<{ [I in keyof Names]: string }>;
  /** Stores a message and returns its seq. */
  send(conversationId: string, senderId: string, content?: string): Promise<number>;
  /** Advances the positions of a user, and of device 1 unless `deviceNo` is given. */
  acknowledge(
    conversationId: string,
    userId: string,
    seq: number,
    status: 'delivered' | 'read',
    deviceNo?: number | null,
  ): Promise<void>;
  /** Runs a statement and returns its rows as arrays. */
  rows(text: string, ...values: unknown[]): Promise<unknown[][]>;
  close(): Promise<void>;
}

export async function openDeliveryRoom(): Promise<DeliveryRoom> {
  const fresh = await freshDatabase();
  const nodes: Database[] = [];
  const connect = (): Database => {
    const db = connectDatabase({ url: fresh.url, poolMax: 12 });
    nodes.push(db);
    return db;
  };
  const db = connect();
  const rows: DeliveryRoom['rows'] = (text, ...values) =>
    db.query(createHash('md5').update(text).digest('hex'), text, values);
  return {
    db,
    announce: recordingAnnounce(),
    otherNode: connect,
    async users<Names extends string[]>(...names: Names) {
      const ids = names.map(() => randomUUID()) as string[] as { [I in keyof Names]: string };
      await rows(
        `INSERT INTO users (id, username, username_key, email, email_key, display_name)
         SELECT i.id, i.name, lower(i.name), i.name || '@test', lower(i.name) || '@test', initcap(i.name)
         FROM unnest($1::uuid[], $2::text[]) AS i (id, name)`,
        ids,
        names,
      );
      return ids;
    },
    async send(conversationId, senderId, content = 'hello') {
      const request = {
        conversationId,
        senderId,
        contentEncrypted: content,
        messageType: 'text' as const,
        clientMessageId: null,
        replyToId: null,
      };
      const sends = [{ id: randomUUID(), request, digest: Buffer.from('digest') }];
      const [outcome] = (await appendBatch(db, sends, true)).outcomes;
      if (outcome?.outcome !== 'new') throw new Error(`not sent: ${outcome?.outcome}`);
      return outcome.message.seq;
    },
    async acknowledge(conversationId, userId, seq, status, deviceNo = 1) {
      await rows(
        `SELECT outcome FROM advance_watermarks(ARRAY[$1::uuid], ARRAY[$2::uuid], ARRAY[$3::bigint],
           ARRAY[$4::bigint], ARRAY[$5::integer])`,
        ...[userId, conversationId, seq, status === 'read' ? seq : 0, deviceNo],
      );
    },
    rows,
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      await fresh.drop();
    },
  };
}
