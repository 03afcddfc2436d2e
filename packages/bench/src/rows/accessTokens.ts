import { randomUUID } from 'node:crypto';
import type { Contender, Contest } from '../contest';
import { medianMs } from '../load/timed';
import { addRestingConversations, settleTables } from '../project/fill';
import { addPeople } from '../project/people';
import { openProject } from '../project/project';

interface Tokens {
  access_token: string;
  refresh_token: string;
  user?: { id: string };
}

const contender = (name: string, conversations: number): Contender => ({
  name,
  async open(scope) {
    const project = await openProject(scope);
    const post = async (path: string, body: object): Promise<Tokens> => {
      const response = await fetch(`${project.url}${path}`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: JSON.stringify(body),
      });
      if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
      return (await response.json()) as Tokens;
    };
    const username = `u${randomUUID().replaceAll('-', '').slice(0, 20)}`;
    let tokens = await post('/api/auth/register', {
      ...{ username, email: `${username}@example.org`, password: 'correct horse battery' },
    });
    const [other] = await addPeople(project, 1);
    const userId = tokens.user?.id;
    if (other === undefined || userId === undefined) throw new Error('too few users');
    const count = conversations;
    await addRestingConversations(project.pool, { userId, otherId: other.id, count });
    await settleTables(project.pool);
    const refresh = async (): Promise<void> => {
      tokens = await post('/api/auth/refresh', { refresh_token: tokens.refresh_token });
    };
    return {
      async run() {
        const ms = await medianMs(scope.effort === 'full' ? 200 : 60, refresh);
        return { ms, bytes: tokens.access_token.length };
      },
    };
  },
});

const [many, none] = [contender('in 1,000 conversations', 1_000), contender('in none', 0)];
const names = { project: many.name, peer: none.name };

export const accessTokens: Contest = {
  name: 'token',
  what: 'size of an access token, and time to refresh it, in 1,000 conversations and in none',
  rounds: { quick: 5, full: 15 },
  contenders: [many, none],
  comparisons: [
    { ...names, figure: 'bytes', unit: 'bytes', bound: { atMost: 1 } },
    // 1.0 plus the variation between identical runs.
    { ...names, figure: 'ms', unit: 'ms to refresh', bound: { atMost: 1.1 } },
  ],
};
