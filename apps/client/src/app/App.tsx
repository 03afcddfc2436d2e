import type { ChatClient } from '@pern/sdk/chatClient';
import { Notices } from '../shared/Notices';
import { ClientContext } from '../store/ClientContext';
import { useChatStore } from '../store/chatStore';
import { ChatPage } from './ChatPage';
import { SignInPage } from '../features/signIn/SignInPage';

/** Whoever is signed in chats, online or not; everybody else signs in. */
export function App({ client }: { client: ChatClient }) {
  const me = useChatStore((view) => view.me?.id);
  return (
    <ClientContext value={client}>
      {me === undefined ? <SignInPage /> : <ChatPage key={me} />}
      <Notices />
    </ClientContext>
  );
}
