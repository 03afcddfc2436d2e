export type { Attempt, Device, DeviceOptions, Frame, SendMore } from './device/deviceTypes';
export { type EventStream, openEventStream, type StreamEvent } from './clients/eventStream';
export { createHttpClient, type HttpClient, type Reply } from './clients/httpClient';
export { type FaultRun, findViolations, withoutStatus } from './device/findViolations';
export { createPeople, type People, type Person } from './clients/people';
export { connected } from './device/connected';
export { sendUntilAcknowledged } from './device/sendUntilAcknowledged';
export {
  openPusher,
  type PusherClient,
  type PusherClientOptions,
  type PusherEvent,
} from './clients/pusherClient';
export { type Ask, createRestClient, pathOf, type RestClient } from './clients/restClient';
export { openSocket, type SocketClient } from './clients/socketClient';
export { emptyDatabase, type FreshDatabase, freshDatabase } from './database/freshDatabase';
export { rowsTouched } from './database/rowsTouched';
export {
  type Instance,
  type InstanceOptions,
  openInstance,
  type ServerNode,
  type WorkerNode,
} from './instance/instance';
export {
  guardOfThisFile,
  type Program,
  releaseGuard,
  startProgram,
  thisRelease,
} from './instance/program';
export { openServerFixture, type ServerFixture } from './instance/serverFixture';
export { type AnyRedis, redisKinds, startAnyRedis } from './servers/anyRedis';
export { chromiumProgram } from './servers/chromiumProgram';
export { type NginxServer, startNginx } from './servers/nginxServer';
export { type PostgresServer, type Replica, startPostgresServer } from './servers/postgresServer';
export { type PrefixProxy, startPrefixProxy } from './servers/prefixProxy';
export { type RedisCluster, startRedisCluster } from './servers/redisCluster';
export { type RedisServer, startRedisServer } from './servers/redisServer';
export { startTcpProxy, type TcpProxy } from './servers/tcpProxy';
export { createFakeClock, type FakeClock } from './tools/fakeClock';
export { hostileTexts, slowText } from './tools/hostileTexts';
export { quietLog } from './tools/quietLog';
export { type Randomness, randomness, withSeed } from './tools/randomness';
export { medianOf, millisecondsOf, quickestOf } from './tools/timings';
export { until } from './tools/until';
