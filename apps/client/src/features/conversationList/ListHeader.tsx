import * as Menu from '@radix-ui/react-dropdown-menu';
import { selectOutboxSize } from '@pern/sdk/state/selectors';
import { FileDown, LogOut, Monitor, Moon, ShieldCheck, Sun, UserCheck, Users } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { useChatStore } from '../../store/chatStore';
import { forgetDrafts } from '../../store/drafts';
import { setTheme, type Theme, useTheme } from '../../store/theme';
import { useClient } from '../../store/ClientContext';
import { Avatar } from '../../shared/Avatar';
import { ConnectionBadge } from '../../shared/ConnectionBadge';
import { Dialog } from '../../shared/Dialog';
import './listHeader.css';

// Each is loaded when somebody opens it, and not before the page is shown.
const DataDialog = lazy(async () => ({
  default: (await import('../account/DataDialog')).DataDialog,
}));
const SecurityDialog = lazy(async () => ({
  default: (await import('../account/SecurityDialog')).SecurityDialog,
}));
const PrivacyDialog = lazy(async () => ({
  default: (await import('../account/PrivacyDialog')).PrivacyDialog,
}));

const themes = [
  ['system', 'As the system', Monitor],
  ['light', 'Light', Sun],
  ['dark', 'Dark', Moon],
] as const satisfies readonly (readonly [Theme, string, unknown])[];

/** Who I am, how the connection stands, and what concerns all conversations. */
export function ListHeader({ onNewGroup }: { onNewGroup: () => void }) {
  const client = useClient();
  const me = useChatStore((view) => view.me);
  const theme = useTheme((state) => state.theme);
  const [isLeaving, setLeaving] = useState(false);
  const [isGuarding, setGuarding] = useState(false);
  const [isChoosing, setChoosing] = useState(false);
  const [isMinding, setMinding] = useState(false);
  if (me === null) return null;

  function leave(): void {
    forgetDrafts(me?.id ?? '');
    void client.signOut();
  }

  return (
    <header className="list-header">
      <Menu.Root modal={false}>
        <Menu.Trigger className="list-header-me" aria-label="Account and settings">
          <Avatar id={me.id} name={me.display_name} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Content className="menu" align="start" sideOffset={6} collisionPadding={8}>
            <p className="list-header-name">
              {me.display_name}
              <small>@{me.username}</small>
            </p>
            <Menu.Separator className="menu-line" />
            <Menu.RadioGroup value={theme} aria-label="Colours">
              {themes.map(([value, label, Icon]) => (
                <Menu.RadioItem
                  key={value}
                  className="menu-item"
                  value={value}
                  onSelect={() => setTheme(value)}
                >
                  <Icon size={18} aria-hidden /> {label}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Separator className="menu-line" />
            <Menu.Item className="menu-item" onSelect={() => setGuarding(true)}>
              <ShieldCheck size={18} aria-hidden /> Devices and password
            </Menu.Item>
            <Menu.Item className="menu-item" onSelect={() => setChoosing(true)}>
              <UserCheck size={18} aria-hidden /> Privacy
            </Menu.Item>
            <Menu.Item className="menu-item" onSelect={() => setMinding(true)}>
              <FileDown size={18} aria-hidden /> Your data
            </Menu.Item>
            <Menu.Item
              className="menu-item danger"
              onSelect={() => {
                if (selectOutboxSize(client.getState()) === 0) leave();
                else setLeaving(true);
              }}
            >
              <LogOut size={18} aria-hidden /> Sign out
            </Menu.Item>
          </Menu.Content>
        </Menu.Portal>
      </Menu.Root>
      <div className="list-header-words">
        <h1 className="one-line">{me.display_name}</h1>
        <ConnectionBadge />
      </div>
      <button
        className="icon-button"
        type="button"
        aria-label="New group"
        title="New group"
        onClick={onNewGroup}
      >
        <Users size={20} aria-hidden />
      </button>
      <Suspense>
        {isChoosing && <PrivacyDialog onClose={() => setChoosing(false)} />}
        {isMinding && <DataDialog onClose={() => setMinding(false)} />}
        {isGuarding && <SecurityDialog onClose={() => setGuarding(false)} />}
      </Suspense>
      {isLeaving && (
        <Dialog title="Sign out?" onClose={() => setLeaving(false)}>
          <p>Messages that were not sent yet will be lost.</p>
          <footer>
            <button className="button" type="button" onClick={() => setLeaving(false)}>
              Stay
            </button>
            <button className="button danger" type="button" onClick={leave}>
              Sign out
            </button>
          </footer>
        </Dialog>
      )}
    </header>
  );
}
