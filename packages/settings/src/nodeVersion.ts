const OLDEST_NODE = 20;

// Import this first: later modules use syntax and modules that an older Node lacks.
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  process.stderr.write(`Chasqui needs Node ${OLDEST_NODE} or later; this is ${process.version}.\n`);
  process.exit(1);
}
