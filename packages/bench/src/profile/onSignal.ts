// Preloaded into a profiled server: SIGUSR2 starts a CPU profile, the next one stops it and writes it to the folder
// PROFILE_TO. This excludes start-up and idle time.
import { renameSync, writeFileSync } from 'node:fs';
import inspector from 'node:inspector';
import path from 'node:path';

const SAMPLE_EVERY_US = 200;

const session = new inspector.Session();
let profiles = 0;
let running = false;

process.on('SIGUSR2', () => {
  running = !running;
  if (running) {
    session.connect();
    session.post('Profiler.enable');
    session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US });
    session.post('Profiler.start');
    return;
  }
  session.post('Profiler.stop', (error, result) => {
    session.disconnect();
    if (error !== null) throw error;
    profiles += 1;
    const file = path.join(process.env.PROFILE_TO ?? '.', `${process.pid}-${profiles}.cpuprofile`);
    // Renamed when complete, so that readers never see a partial file.
    writeFileSync(`${file}.part`, JSON.stringify(result.profile));
    renameSync(`${file}.part`, file);
  });
});
