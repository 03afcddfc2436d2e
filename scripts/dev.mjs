// yarn workspace @pern/server dev: a whole instance that follows every change of the sources.
process.argv.push('--watch');
await import('./start.mjs');
