import * as Popover from '@radix-ui/react-popover';
import { Smile } from 'lucide-react';
import { useState } from 'react';
import { EmojiMenu } from '../emoji/EmojiMenu';

export function EmojiButton({ onChoose }: { onChoose: (emoji: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger className="icon-button" aria-label="Emoji">
        <Smile size={22} aria-hidden />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          className="menu"
          side="top"
          align="start"
          sideOffset={8}
          collisionPadding={8}
          aria-label="Emoji"
        >
          <EmojiMenu
            onChoose={(emoji) => {
              setOpen(false);
              onChoose(emoji);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
