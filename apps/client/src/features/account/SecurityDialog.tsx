import { useState } from 'react';
import { Dialog } from '../../shared/Dialog';
import { Devices } from './DeviceList';
import { PasswordForm } from './PasswordForm';
import './securityDialog.css';

/** Where I am signed in, and by which password. */
export function SecurityDialog({ onClose }: { onClose: () => void }) {
  /** Rises when sessions may be others than those that are shown. */
  const [changes, setChanges] = useState(0);
  return (
    <Dialog title="Devices and password" onClose={onClose}>
      <Devices changes={changes} />
      <PasswordForm onChanged={() => setChanges((count) => count + 1)} />
    </Dialog>
  );
}
