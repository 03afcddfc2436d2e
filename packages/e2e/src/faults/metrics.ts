import { get } from 'node:http';
import { text } from 'node:stream/consumers';

/**
 * Reads /metrics and returns a lookup by name and labels as written there; NaN for an unknown metric. Uses a new
 * connection, because the server may close an idle one at the moment it is reused.
 */
export async function metricsOf(url: string): Promise<(name: string) => number> {
  const page = await new Promise<string>((resolve, reject) => {
    get(`${url}/metrics`, { agent: false }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
  return (name) =>
    Number(
      page
        .split('\n')
        .find((line) => line.startsWith(`${name} `))
        ?.split(' ')[1],
    );
}
