import type { ChatClient } from '@chasqui/sdk';
import { Notices } from '../shared/Notices';
import { ClientContext } from '../store/ClientContext';
import { useChatStore } from '../store/chatStore';
import { ChatPage } from './ChatPage';
import { SignInPage } from '../features/signIn/SignInPage';

/** The chat for a signed-in user, online or offline; otherwise the sign-in page. */
export function App({ client }: { client: ChatClient }) {
  const me = useChatStore((view) => view.me?.id);
  return (
    <ClientContext value={client}>
      {me === undefined ? <SignInPage /> : <ChatPage key={me} />}
      <Notices />
    </ClientContext>
  );
}
