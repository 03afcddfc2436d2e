import * as Menu from '@radix-ui/react-dropdown-menu';
import * as Popover from '@radix-ui/react-popover';
import type { ChatMessage } from '@chasqui/sdk';
import { Copy, EllipsisVertical, Info, Pencil, Reply, SmilePlus, Trash2 } from 'lucide-react';
import { useRef, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { attempt } from '../../../store/notices';
import { EmojiMenu } from '../emoji/EmojiMenu';
import { useMessageActions } from './MessageActionsContext';
import { useToggleReaction } from '../reactions/useToggleReaction';
import './messageMenu.css';

/** The actions of a message. Visible on hover or focus; pressing Enter on a message opens the menu. */
export function MessageMenu({ message, isMine }: { message: ChatMessage; isMine: boolean }) {
  const { reply, edit, confirmDelete, showInfo } = useMessageActions();
  const toggleReaction = useToggleReaction(message);
  const [isPickerOpen, setPickerOpen] = useState(false);
  const opensPicker = useRef(false);
  const canDelete = useChatStore(({ chat }) => {
    const role = chat.conversationsById[message.conversation_id]?.my.role;
    return isMine || role === 'admin' || role === 'moderator';
  });
  return (
    <Popover.Root open={isPickerOpen} onOpenChange={setPickerOpen}>
      <Popover.Anchor className="message-actions">
        <Popover.Trigger className="icon-button" aria-label="React" tabIndex={-1}>
          <SmilePlus size={18} aria-hidden />
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content className="menu" sideOffset={4} collisionPadding={8} aria-label="React">
            <EmojiMenu
              onChoose={(emoji) => {
                setPickerOpen(false);
                void toggleReaction(emoji);
              }}
            />
          </Popover.Content>
        </Popover.Portal>
        <Menu.Root modal={false}>
          <Menu.Trigger
            className="icon-button"
            aria-label="More actions"
            tabIndex={-1}
            data-message-menu=""
          >
            <EllipsisVertical size={18} aria-hidden />
          </Menu.Trigger>
          <Menu.Portal>
            <Menu.Content
              className="menu"
              collisionPadding={8}
              sideOffset={4}
              onCloseAutoFocus={(event) => {
                if (!opensPicker.current) return;
                opensPicker.current = false;
                // Open the picker only now and keep the focus where it is: restoring it would close the picker at once.
                event.preventDefault();
                setPickerOpen(true);
              }}
            >
              <Menu.Item className="menu-item" onSelect={() => reply(message)}>
                <Reply size={18} aria-hidden /> Reply
              </Menu.Item>
              <Menu.Item className="menu-item" onSelect={() => void (opensPicker.current = true)}>
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
                <Menu.Item className="menu-item" onSelect={() => showInfo(message)}>
                  <Info size={18} aria-hidden /> Message info
                </Menu.Item>
              )}
              {canDelete && (
                <Menu.Item className="menu-item danger" onSelect={() => confirmDelete(message)}>
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
