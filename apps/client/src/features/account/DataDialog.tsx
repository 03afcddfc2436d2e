import { ForbiddenError, PASSWORD_MAX, ValidationError } from '@chasqui/protocol';
import { Download, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { errorText } from '../../shared/formatting/errorText';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';
import './dataDialog.css';

/** Exports the personal data of the user and deletes the account. */
export function DataDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const [isExporting, setExporting] = useState(false);
  const [isConfirmingDelete, setConfirmingDelete] = useState(false);

  async function download(): Promise<void> {
    setExporting(true);
    await attempt(
      client.exportAccount().then((file) => downloadFile(file, 'chasqui-export.ndjson')),
    );
    setExporting(false);
  }

  return (
    <Dialog title="Your data" onClose={onClose}>
      <section className="data">
        <p>Get your profile, devices, conversations and messages in one file.</p>
        <button
          className="button"
          type="button"
          disabled={isExporting}
          onClick={() => void download()}
        >
          <Download size={18} aria-hidden /> {isExporting ? 'Preparing…' : 'Download a copy'}
        </button>
      </section>
      {isConfirmingDelete ? (
        <DeleteAccountForm onCancel={() => setConfirmingDelete(false)} />
      ) : (
        <section className="data">
          <button className="button danger" type="button" onClick={() => setConfirmingDelete(true)}>
            <Trash2 size={18} aria-hidden /> Delete account…
          </button>
        </section>
      )}
    </Dialog>
  );
}

function DeleteAccountForm({ onCancel }: { onCancel: () => void }) {
  const client = useClient();
  const [error, setError] = useState('');
  const [isSubmitting, setSubmitting] = useState(false);

  async function deleteAccount(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const password = data.get('password');
    setSubmitting(true);
    setError('');
    try {
      await client.deleteAccount({
        ...(typeof password === 'string' && password !== '' ? { password } : {}),
        eraseMessages: data.get('erase') !== null,
      });
    } catch (error) {
      const isWrong = error instanceof ForbiddenError || error instanceof ValidationError;
      setError(isWrong ? 'The password is wrong.' : errorText(error));
      setSubmitting(false);
    }
  }

  return (
    <form className="data" onSubmit={(event) => void deleteAccount(event)}>
      <p>
        This cannot be undone. You leave all groups, and your name and email address are erased. The
        people you wrote to keep your messages, shown as sent by “Deleted account”.
      </p>
      <label className="data-checkbox">
        <input type="checkbox" name="erase" /> Also delete all my messages
      </label>
      <label className="field">
        <span>
          Password <small>leave empty if you sign in with another service</small>
        </span>
        <input
          className="input"
          name="password"
          type="password"
          autoComplete="current-password"
          autoFocus
          maxLength={PASSWORD_MAX}
        />
      </label>
      {error !== '' && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
      <footer>
        <button className="button" type="button" onClick={onCancel}>
          Cancel
        </button>
        <button className="button danger" type="submit" disabled={isSubmitting}>
          Delete account
        </button>
      </footer>
    </form>
  );
}

/** Starts a browser download. */
function downloadFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
