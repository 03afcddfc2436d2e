import {
  changePassword,
  endOtherSessions,
  endSession,
  listSessions,
  sessionSchema,
  UnauthorizedError,
} from '@chasqui/protocol';
import type { ChatClient } from '../chatClient';
import { noBody } from '../transport/responses';
import { request } from '../transport/request';
import type { Rest } from '../transport/rest';
import type { Session } from '../session/session';

type SessionActions = Pick<
  ChatClient,
  'listSessions' | 'endSession' | 'endOtherSessions' | 'changePassword'
>;

interface Deps {
  url: string;
  rest: Rest;
  session: Session;
}

export function createSessionActions({ url, rest, session }: Deps): SessionActions {
  return {
    async listSessions() {
      return (await rest.call(listSessions, listSessions.answers[200])).sessions;
    },
    endSession: (id) => rest.call(endSession, noBody, { params: { id } }),
    endOtherSessions: () => rest.call(endOtherSessions, noBody),
    async changePassword(current, next) {
      const body = { current_password: current, new_password: next };
      // The response contains new tokens. No tab may refresh the old ones meanwhile.
      const change = (token: string): Promise<void> =>
        session.replaceBy(() => request(url, changePassword, sessionSchema, { token, body }));
      const token = await session.accessToken();
      try {
        await change(token);
      } catch (error) {
        if (!(error instanceof UnauthorizedError)) throw error;
        await change(await session.accessTokenInsteadOf(token));
      }
    },
  };
}
