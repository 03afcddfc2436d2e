import * as Menu from '@radix-ui/react-dropdown-menu';
import type { User } from '@chasqui/protocol';
import { selectOutboxSize } from '@chasqui/sdk';
import { FileDown, LogOut, Monitor, Moon, ShieldCheck, Sun, UserCheck } from 'lucide-react';
import { lazy, Suspense, useState } from 'react';
import { Avatar } from '../../shared/Avatar';
import { Dialog } from '../../shared/Dialog';
import { useClient } from '../../store/ClientContext';
import { deleteDrafts } from '../../store/drafts';
import { setTheme, type Theme, useTheme } from '../../store/theme';
import './accountMenu.css';

// Loaded on first use, to keep the initial bundle small.
const DataDialog = lazy(async () => ({ default: (await import('./DataDialog')).DataDialog }));
const PrivacyDialog = lazy(async () => ({
  default: (await import('./PrivacyDialog')).PrivacyDialog,
}));
const SecurityDialog = lazy(async () => ({
  default: (await import('./SecurityDialog')).SecurityDialog,
}));

type OpenDialog = 'security' | 'privacy' | 'data' | 'sign out' | null;

/** The avatar of the signed-in user. It opens the theme setting, the account dialogs and sign-out. */
export function AccountMenu({ me }: { me: User }) {
  const client = useClient();
  const [openDialog, setOpenDialog] = useState<OpenDialog>(null);
  const close = (): void => setOpenDialog(null);

  function signOut(): void {
    deleteDrafts(me.id);
    void client.signOut();
  }

  return (
    <>
      <Menu.Root modal={false}>
        <Menu.Trigger className="account-menu-button" aria-label="Account and settings">
          <Avatar id={me.id} name={me.display_name} />
        </Menu.Trigger>
        <Menu.Portal>
          <Menu.Content className="menu" align="start" sideOffset={6} collisionPadding={8}>
            <p className="account-menu-name">
              {me.display_name}
              <small>@{me.username}</small>
            </p>
            <Menu.Separator className="menu-line" />
            <ThemeChoice />
            <Menu.Separator className="menu-line" />
            <Menu.Item className="menu-item" onSelect={() => setOpenDialog('security')}>
              <ShieldCheck size={18} aria-hidden /> Devices and password
            </Menu.Item>
            <Menu.Item className="menu-item" onSelect={() => setOpenDialog('privacy')}>
              <UserCheck size={18} aria-hidden /> Privacy
            </Menu.Item>
            <Menu.Item className="menu-item" onSelect={() => setOpenDialog('data')}>
              <FileDown size={18} aria-hidden /> Your data
            </Menu.Item>
            <Menu.Item
              className="menu-item danger"
              onSelect={() => {
                if (selectOutboxSize(client.getState()) === 0) signOut();
                else setOpenDialog('sign out');
              }}
            >
              <LogOut size={18} aria-hidden /> Sign out
            </Menu.Item>
          </Menu.Content>
        </Menu.Portal>
      </Menu.Root>
      <Suspense>
        {openDialog === 'security' && <SecurityDialog onClose={close} />}
        {openDialog === 'privacy' && <PrivacyDialog onClose={close} />}
        {openDialog === 'data' && <DataDialog onClose={close} />}
      </Suspense>
      {openDialog === 'sign out' && (
        <Dialog title="Sign out?" onClose={close}>
          <p>Unsent messages will be lost.</p>
          <footer>
            <button className="button" type="button" onClick={close}>
              Cancel
            </button>
            <button className="button danger" type="button" onClick={signOut}>
              Sign out
            </button>
          </footer>
        </Dialog>
      )}
    </>
  );
}

const themes = [
  ['system', 'Match system', Monitor],
  ['light', 'Light', Sun],
  ['dark', 'Dark', Moon],
] as const satisfies readonly (readonly [Theme, string, unknown])[];

function ThemeChoice() {
  const theme = useTheme((state) => state.theme);
  return (
    <Menu.RadioGroup value={theme} aria-label="Theme">
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
  );
}
