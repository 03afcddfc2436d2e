const OLDEST_NODE = 20;

// Imported before everything else: what follows has syntax and modules that an older Node does not know.
if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  process.stderr.write(`Chasqui needs Node ${OLDEST_NODE} or later; this is ${process.version}.\n`);
  process.exit(1);
}
