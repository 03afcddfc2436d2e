import { useState } from 'react';
import { Dialog } from '../../shared/Dialog';
import { DeviceList } from './DeviceList';
import { PasswordForm } from './PasswordForm';
import './securityDialog.css';

/** Signed-in devices and the password. */
export function SecurityDialog({ onClose }: { onClose: () => void }) {
  /** Incremented when the list of sessions may have changed. */
  const [changes, setChanges] = useState(0);
  return (
    <Dialog title="Devices and password" onClose={onClose}>
      <DeviceList changes={changes} />
      <PasswordForm onChanged={() => setChanges((count) => count + 1)} />
    </Dialog>
  );
}
