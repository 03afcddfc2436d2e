// Preloaded into a server that is to be profiled: SIGUSR2 begins a CPU profile, the next one ends it and
// writes it into the folder PROFILE_TO. Start-up and rest are left out that way.
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
    // Whole, once it has its name.
    writeFileSync(`${file}.part`, JSON.stringify(result.profile));
    renameSync(`${file}.part`, file);
  });
});
