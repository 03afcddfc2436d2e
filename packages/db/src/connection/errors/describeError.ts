/** Class 22, data exceptions: PostgreSQL's message repeats the invalid value. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/;

/**
 * The part of an error that may be logged: name, message, code, stack, and the same of its cause. Errors of pg and
 * Sequelize also carry the statement, its parameters, and row values in `detail` and `where`.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const code: unknown = Reflect.get(error, 'code') ?? Reflect.get(parentOf(error) ?? {}, 'code');
  const repeatsInput = typeof code === 'string' && DATA_EXCEPTION.test(code);
  return {
    name: error.name,
    message: repeatsInput ? 'a value that PostgreSQL cannot parse' : error.message,
    ...(typeof code === 'string' ? { code } : {}),
    // The first lines of the stack repeat the message.
    stack: repeatsInput ? framesOf(error.stack) : error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

/** The driver's error inside a Sequelize error. */
function parentOf(error: Error): object | undefined {
  const parent: unknown = Reflect.get(error, 'parent');
  return parent instanceof Object ? parent : undefined;
}

function framesOf(stack: string | undefined): string | undefined {
  return stack
    ?.split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');
}
