import * as Menu from '@radix-ui/react-dropdown-menu';
import * as Popover from '@radix-ui/react-popover';
import type { ChatMessage } from '@pern/sdk/entry';
import { Copy, EllipsisVertical, Info, Pencil, Reply, SmilePlus, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { attempt } from '../../../store/notices';
import { EmojiChoice } from '../emoji/EmojiMenu';
import { useIntents } from './MessageActionsContext';
import { useReact } from '../reactions/useToggleReaction';
import './messageMenu.css';

/** What can be done with a message. Shown when it is pointed at or has the focus; Enter on a message opens the menu. */
export function MessageActions({ message, isMine }: { message: ChatMessage; isMine: boolean }) {
  const { reply, edit, remove, inspect } = useIntents();
  const react = useReact(message);
  const [isReacting, setReacting] = useState(false);
  const wantsToReact = useRef(false);
  const mayDelete = useChatStore(({ chat }) => {
    const role = chat.conversationsById[message.conversation_id]?.my.role;
    return isMine || role === 'admin' || role === 'moderator';
  });
  return (
    <Popover.Root open={isReacting} onOpenChange={setReacting}>
      <Popover.Anchor className="message-actions">
        <Popover.Trigger className="icon-button" aria-label="React" tabIndex={-1}>
          <SmilePlus size={18} aria-hidden />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content className="menu" sideOffset={4} collisionPadding={8} aria-label="React">
            <EmojiChoice
              onChoose={(emoji) => {
                setReacting(false);
                void react(emoji);
              }}
            />
          </Popover.Content>
        </Popover.Portal>
        <Menu.Root modal={false}>
          <Menu.Trigger
            className="icon-button"
            aria-label="More"
            tabIndex={-1}
            data-opens-actions=""
          >
            <EllipsisVertical size={18} aria-hidden />
          </Menu.Trigger>
          <Menu.Portal>
            <Menu.Content
              className="menu"
              collisionPadding={8}
              sideOffset={4}
              onCloseAutoFocus={(event) => {
                if (!wantsToReact.current) return;
                wantsToReact.current = false;
                // Only now, and without the focus going back first, which would close what opens here.
                event.preventDefault();
                setReacting(true);
              }}
            >
              <Menu.Item className="menu-item" onSelect={() => reply(message)}>
                <Reply size={18} aria-hidden /> Reply
              </Menu.Item>
              <Menu.Item className="menu-item" onSelect={() => void (wantsToReact.current = true)}>
                <SmilePlus size={18} aria-hidden /> React
              </Menu.Item>
              <Menu.Item
                className="menu-item"
                onSelect={() => void attempt(navigator.clipboard.writeText(message.content ?? ''))}
              >
                <Copy size={18} aria-hidden /> Copy text
              </Menu.Item>
              {isMine && (
                <Menu.Item className="menu-item" onSelect={() => edit(message)}>
                  <Pencil size={18} aria-hidden /> Edit
                </Menu.Item>
              )}
              {isMine && (
                <Menu.Item className="menu-item" onSelect={() => inspect(message)}>
                  <Info size={18} aria-hidden /> Message info
                </Menu.Item>
              )}
              {mayDelete && (
                <Menu.Item className="menu-item danger" onSelect={() => remove(message)}>
                  <Trash2 size={18} aria-hidden /> Delete
                </Menu.Item>
              )}
            </Menu.Content>
          </Menu.Portal>
        </Menu.Root>
      </Popover.Anchor>
    </Popover.Root>
  );
}
