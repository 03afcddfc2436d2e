import { get } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * The figures that a process tells at /metrics, by name and labels as they stand there; NaN for one
 * that is not known. Over a connection of its own: a kept one may be closed just when it is used.
 */
export async function figuresOf(url: string): Promise<(name: string) => number> {
  const told = await new Promise<string>((resolve, reject) => {
    get(`${url}/metrics`, { agent: false }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
  return (name) =>
    Number(
      told
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
}
