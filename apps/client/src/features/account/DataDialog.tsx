import { ForbiddenError, ValidationError } from '@pern/protocol/errors';
import { PASSWORD_MAX } from '@pern/protocol/limits';
import { Download, Trash2 } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { explain } from '../../shared/formatting/errorText';
import { attempt } from '../../store/notices';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';
import './dataDialog.css';

/** What is kept about me: to take along, or to have deleted. */
export function DataDialog({ onClose }: { onClose: () => void }) {
  const client = useClient();
  const [isReading, setReading] = useState(false);
  const [isDeleting, setDeleting] = useState(false);

  async function download(): Promise<void> {
    setReading(true);
    await attempt(client.exportAccount().then((file) => save(file, 'chasqui-export.ndjson')));
    setReading(false);
  }

  return (
    <Dialog title="Your data" onClose={onClose}>
      <section className="data">
        <p>Your profile, devices, conversations and messages, in one file.</p>
        <button
          className="button"
          type="button"
          disabled={isReading}
          onClick={() => void download()}
        >
          <Download size={18} aria-hidden /> {isReading ? 'Reading…' : 'Download a copy'}
        </button>
      </section>
      {isDeleting ? (
        <DeleteForm onKept={() => setDeleting(false)} />
      ) : (
        <section className="data">
          <button className="button danger" type="button" onClick={() => setDeleting(true)}>
            <Trash2 size={18} aria-hidden /> Delete account…
          </button>
        </section>
      )}
    </Dialog>
  );
}

function DeleteForm({ onKept }: { onKept: () => void }) {
  const client = useClient();
  const [complaint, setComplaint] = useState('');
  const [isAsking, setAsking] = useState(false);

  async function remove(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const password = data.get('password');
    setAsking(true);
    setComplaint('');
    try {
      await client.deleteAccount({
        ...(typeof password === 'string' && password !== '' ? { password } : {}),
        eraseMessages: data.get('erase') !== null,
      });
    } catch (error) {
      const isWrong = error instanceof ForbiddenError || error instanceof ValidationError;
      setComplaint(isWrong ? 'The password is wrong.' : explain(error));
      setAsking(false);
    }
  }

  return (
    <form className="data" onSubmit={(event) => void remove(event)}>
      <p>
        This cannot be undone. You leave all groups, and your name and address are forgotten. What
        you wrote stays with those you wrote to, under the name “Deleted account”.
      </p>
      <label className="data-choice">
        <input type="checkbox" name="erase" /> Delete everything that I wrote as well
      </label>
      <label className="field">
        <span>
          Password <small>none if you sign in by another service</small>
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
      {complaint !== '' && (
        <p className="complaint" role="alert">
          {complaint}
        </p>
      )}
      <footer>
        <button className="button" type="button" onClick={onKept}>
          Keep it
        </button>
        <button className="button danger" type="submit" disabled={isAsking}>
          Delete account
        </button>
      </footer>
    </form>
  );
}

/** Puts a file where the browser puts downloads. */
function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
