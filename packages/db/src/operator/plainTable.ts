/** Formats rows as a plain table, with columns as wide as their widest cell. */
export function table(head: string[], rows: string[][]): string[] {
  const lines = [head.map((name) => name.toUpperCase()), ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** Keeps a cell on one line and removes terminal control characters. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}
