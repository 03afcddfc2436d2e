import { runningInstance } from '../dataDir/instanceFile';
import { isAlive, signal } from '../processes/processes';
import {
  createLauncherFixture,
  eventually,
  eventuallyAsync,
  inDatabase,
  noneAlive,
  type LauncherFixture,
} from '../testing/launcherFixture';

// What is restarted, and what is left, after a process was killed.

let fixture: LauncherFixture;
beforeEach(() => {
  fixture = createLauncherFixture();
});
afterEach(() => fixture.close());

test.each(['postgres', 'redis', 'server', 'worker', 'watchdog'])(
  '%s is restarted after kill -9',
  async (name) => {
    await fixture.launcher().says('Chasqui is running');
    const killed = fixture.processOf(name);
    signal(killed, 'SIGKILL');
    await eventually(() => {
      const now = runningInstance(fixture.dataDir)?.processes.find((each) => each.name === name);
      return now !== undefined && now.pid !== killed.pid && isAlive(now);
    });
    if (name === 'postgres') {
      await eventuallyAsync(() => inDatabase(fixture.running().database_url, 'SELECT 1'));
    }
  },
);

test('no process is left after kill -9 of the launcher', async () => {
  await fixture.launcher().says('Chasqui is running');
  const { processes } = fixture.running();
  signal(fixture.processOf('launcher'), 'SIGKILL');
  await noneAlive(processes);
});

test('the next start stops processes that survived launcher and watchdog', async () => {
  await fixture.launcher().says('Chasqui is running');
  const { processes } = fixture.running();
  const watchdog = fixture.processOf('watchdog');
  // Stop it first, so that it cannot clean up in between.
  signal(watchdog, 'SIGSTOP');
  signal(fixture.processOf('launcher'), 'SIGKILL');
  signal(watchdog, 'SIGKILL');
  await fixture.launcher().says('Chasqui is running');
  await noneAlive(processes);
});
