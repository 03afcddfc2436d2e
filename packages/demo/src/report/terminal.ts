/** Output of the demo: plain lines, and on a terminal a progress bar that is redrawn in place. */
export interface Terminal {
  title(text: string): void;
  line(text: string): void;
  /** Shows the progress of `what`. Without a terminal, prints a line per quarter. */
  progress(what: string, done: number, total: number): void;
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
}

export interface TerminalOptions {
  write(text: string): void;
  /** Whether the output is a terminal with colors and redrawn lines. */
  live: boolean;
}

const BAR = 30;

export function createTerminal({ write, live }: TerminalOptions): Terminal {
  let overwriting = false;
  let quarter = 0;
  const paint = (code: number, text: string) => (live ? `\u001b[${code}m${text}\u001b[0m` : text);
  const line = (text: string) => {
    write(`${overwriting ? '\r\u001b[K' : ''}${text}\n`);
    overwriting = false;
  };

  return {
    title: (text) => line(paint(1, text)),
    line: (text) => line(`  ${text}`),
    progress(what, done, total) {
      const text = `${what} ${count(done).padStart(count(total).length)} of ${count(total)}`;
      if (live) {
        const full = Math.round((BAR * done) / total);
        const bar = `${'#'.repeat(full)}${'.'.repeat(BAR - full)}`;
        write(`\r\u001b[K  [${paint(32, bar)}] ${text}`);
        overwriting = true;
        return;
      }
      const reached = Math.floor((4 * done) / total);
      if (reached > quarter) line(`  ${text}`);
      quarter = done === total ? 0 : reached;
    },
    good: (text) => paint(32, text),
    bad: (text) => paint(31, text),
    faint: (text) => paint(2, text),
  };
}

/** `1,006` */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** `84 ms` or `1.3 s` */
export function duration(ms: number): string {
  return ms < 1_000
    ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
    : `${(ms / 1000).toFixed(1)} s`;
}
