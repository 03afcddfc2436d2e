import { CommandError } from '@chasqui/db';

/** Arguments after the command name: positional words, and options such as `--uses 5`. */
export interface CommandLine {
  words: readonly string[];
  options: ReadonlyMap<string, string>;
}

/** Throws CommandError with the usage when an option is unknown or has no value. */
export function parseCommandLine(
  args: readonly string[],
  usage: string,
  known: readonly string[] = [],
): CommandLine {
  const words: string[] = [];
  const options = new Map<string, string>();
  for (let i = 0; i < args.length; i += 1) {
    const arg = args[i] ?? '';
    if (!arg.startsWith('--')) {
      words.push(arg);
      continue;
    }
    const value = args[(i += 1)];
    if (value === undefined || !known.includes(arg)) throw new CommandError(usage);
    options.set(arg, value);
  }
  return { words, options };
}

/**
 * Parses an integer within these bounds; `byDefault` if the option is absent. Throws CommandError.
 */
export function numberOption(
  { options }: CommandLine,
  name: string,
  { byDefault, max }: { byDefault: number; max: number },
): number {
  const text = options.get(name);
  if (text === undefined) return byDefault;
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > max) {
    throw new CommandError(`${name} must be a whole number from 1 to ${max}.`);
  }
  return number;
}

/** Whole seconds are precise enough for a human. */
export function toSeconds(time: string): string {
  return time.replace(/\.\d+Z$/, 'Z');
}
