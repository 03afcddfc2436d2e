/** Class 22, data exceptions: PostgreSQL repeats in their message what it could not read. */
const DATA_EXCEPTION = /^22[0-9A-Z]{3}$/;

/**
 * What a log may hold of an error: name, message, code, stack, and the same of its cause. Errors of pg and
 * Sequelize carry the statement, its parameters, and in `detail` and `where` the values of rows besides.
 */
export function describeError(error: unknown): object {
  if (!(error instanceof Error)) return { type: typeof error };
  const code: unknown = Reflect.get(error, 'code') ?? Reflect.get(parentOf(error) ?? {}, 'code');
  const repeatsInput = typeof code === 'string' && DATA_EXCEPTION.test(code);
  return {
    name: error.name,
    message: repeatsInput ? 'a value that PostgreSQL cannot read' : error.message,
    ...(typeof code === 'string' ? { code } : {}),
    // Its first lines are the message.
    stack: repeatsInput ? framesOf(error.stack) : error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  };
}

/** Of Sequelize's errors: the one of pg. */
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
