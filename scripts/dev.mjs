// yarn workspace @pern/server dev: runs a whole instance and restarts it when sources change.
process.argv.push('--watch');
await import('./start.mjs');
