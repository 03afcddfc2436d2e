// A literal implementation of the guide that this project started from: Sequelize models, sequential queries, a pool of
// five connections, one Bull job per recipient and message. Omits what the guide does not specify and what would make it
// slower still: token checks, rate limits, transactions.
import { createServer } from 'node:http';
import Queue from 'bull';
import express from 'express';
import Redis from 'ioredis';
import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  Op,
  Sequelize,
} from 'sequelize';
import { Server, type Socket } from 'socket.io';

const { DATABASE_URL = '', REDIS_URL = '' } = process.env;
const sequelize = new Sequelize(DATABASE_URL, {
  logging: false,
  pool: { max: 5, min: 2, acquire: 30_000, idle: 10_000 },
});
// Created for every column: Sequelize modifies the objects it receives.
const id = () => ({ type: DataTypes.UUID, primaryKey: true, defaultValue: DataTypes.UUIDV4 });
const uuid = () => ({ type: DataTypes.UUID, allowNull: false });

class Conversation extends Model<
  InferAttributes<Conversation>,
  InferCreationAttributes<Conversation>
> {
  declare id: CreationOptional<string>;
  declare type: string;
}
Conversation.init(
  { id: id(), type: DataTypes.STRING },
  { sequelize, tableName: 'conversations', underscored: true },
);

class Participant extends Model<
  InferAttributes<Participant>,
  InferCreationAttributes<Participant>
> {
  declare id: CreationOptional<string>;
  declare conversation_id: string;
  declare user_id: string;
}
Participant.init(
  { id: id(), conversation_id: uuid(), user_id: uuid() },
  {
    ...{ sequelize, tableName: 'conversation_participants', underscored: true },
    indexes: [{ fields: ['user_id', 'conversation_id'] }],
  },
);

class Message extends Model<InferAttributes<Message>, InferCreationAttributes<Message>> {
  declare id: CreationOptional<string>;
  declare conversation_id: string;
  declare sender_id: string;
  declare content_encrypted: string;
  declare message_type: string;
}
Message.init(
  {
    ...{ id: id(), conversation_id: uuid(), sender_id: uuid() },
    ...{ content_encrypted: DataTypes.TEXT, message_type: DataTypes.STRING },
  },
  {
    ...{ sequelize, tableName: 'messages', underscored: true },
    indexes: [{ fields: ['conversation_id', { name: 'created_at', order: 'DESC' }] }],
  },
);

class MessageStatus extends Model<
  InferAttributes<MessageStatus>,
  InferCreationAttributes<MessageStatus>
> {
  declare id: CreationOptional<string>;
  declare message_id: string;
  declare user_id: string;
  declare status: string;
}
MessageStatus.init(
  { id: id(), message_id: uuid(), user_id: uuid(), status: DataTypes.STRING },
  {
    ...{ sequelize, tableName: 'message_statuses', underscored: true },
    indexes: [{ fields: ['message_id', 'user_id'] }],
  },
);

const redis = new Redis(REDIS_URL);
const queue = new Queue<{ messageId: string; userId: string }>('guide_delivery', REDIS_URL);
const app = express();
const http = createServer(app);
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false });

app.use(express.json());
app.post('/api/conversations/direct', async (request, response) => {
  const { user_ids: userIds } = request.body as { user_ids: string[] };
  const conversation = await Conversation.create({ type: 'direct' });
  for (const userId of userIds) {
    await Participant.create({ conversation_id: conversation.id, user_id: userId });
  }
  response.status(201).json(conversation);
});

async function sendMessage(senderId: string, conversationId: string, content: string) {
  const sender = await Participant.findOne({
    where: { conversation_id: conversationId, user_id: senderId },
  });
  if (sender === null) throw new Error('ForbiddenError');
  const message = await Message.create({
    ...{ conversation_id: conversationId, sender_id: senderId },
    ...{ content_encrypted: content, message_type: 'text' },
  });
  await Conversation.update({ type: 'direct' }, { where: { id: conversationId } });
  const recipients = await Participant.findAll({
    where: { conversation_id: conversationId, user_id: { [Op.ne]: senderId } },
  });
  for (const { user_id: userId } of recipients) {
    await MessageStatus.create({ message_id: message.id, user_id: userId, status: 'sent' });
    await queue.add(
      { messageId: message.id, userId },
      { attempts: 3, backoff: { type: 'exponential', delay: 2_000 }, removeOnComplete: true },
    );
    io.to(`user:${userId}`).emit('chat:message_received', message.toJSON());
  }
  return message;
}

// An online recipient has received the message by now; for an offline one the attempt fails and is repeated.
void queue.process(async ({ data: { userId } }) => {
  if ((await redis.get(`user:${userId}:presence`)) !== 'online') throw new Error('offline');
});

async function moveStatus(socket: Socket, userId: string, messageId: string): Promise<void> {
  await MessageStatus.update(
    { status: 'delivered' },
    { where: { message_id: messageId, user_id: userId } },
  );
  const message = await Message.findByPk(messageId);
  if (message === null) return;
  socket.to(`user:${message.sender_id}`).emit('chat:message_status_updated', {
    ...{ messageId, userId, status: 'delivered', timestamp: new Date() },
  });
}

io.use((socket, next) => {
  const { userId } = socket.handshake.auth as { userId: string };
  void redis.set(`user:${userId}:presence`, 'online', 'EX', 86_400).then(() => next(), next);
});
io.on('connection', (socket) => {
  const { userId } = socket.handshake.auth as { userId: string };
  void socket.join(`user:${userId}`);
  socket.on(
    'chat:message_send',
    (
      data: { conversationId: string; contentEncrypted: string },
      answer: (answer: object) => void,
    ) =>
      void sendMessage(userId, data.conversationId, data.contentEncrypted).then(
        (message) => answer({ success: true, message }),
        (error: unknown) => answer({ success: false, error: String(error) }),
      ),
  );
  socket.on(
    'chat:message_delivered',
    ({ messageId }: { messageId: string }) => void moveStatus(socket, userId, messageId),
  );
});

void sequelize.sync().then(() =>
  http.listen(0, '127.0.0.1', () => {
    const address = http.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    process.stdout.write(`${JSON.stringify({ msg: 'listening', port })}\n`);
  }),
);
