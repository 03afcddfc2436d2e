import { ForbiddenError } from '@pern/protocol/errors';
import { PASSWORD_MAX, PASSWORD_MIN } from '@pern/protocol/limits';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useChatStore } from '../../store/chatStore';
import { explain } from '../../shared/formatting/errorText';
import { useClient } from '../../store/ClientContext';

type Stage = 'closed' | 'open' | 'asking' | 'done';

/** Another password, for whoever knows the present one. It signs out everywhere else. */
export function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const client = useClient();
  const username = useChatStore((view) => view.me?.username ?? '');
  const [stage, setStage] = useState<Stage>('closed');
  const [complaint, setComplaint] = useState('');

  async function change(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const text = (name: string): string => {
      const value = data.get(name);
      return typeof value === 'string' ? value : '';
    };
    setStage('asking');
    setComplaint('');
    try {
      await client.changePassword(text('current'), text('next'));
      setStage('done');
      onChanged();
    } catch (error) {
      setComplaint(explainChange(error));
      setStage('open');
    }
  }

  if (stage === 'closed' || stage === 'done') {
    return (
      <section className="password">
        <p role="status">
          {stage === 'done' && 'The password is changed, and you are signed out everywhere else.'}
        </p>
        <button
          className="button"
          type="button"
          autoFocus={stage === 'done'}
          onClick={() => setStage('open')}
        >
          <KeyRound size={18} aria-hidden /> Change password
        </button>
      </section>
    );
  }
  return (
    <form className="password" onSubmit={(event) => void change(event)}>
      {/* For password managers, to know whose it is. */}
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      <label className="field">
        <span>Current password</span>
        <input
          className="input"
          name="current"
          type="password"
          autoComplete="current-password"
          required
          autoFocus
          maxLength={PASSWORD_MAX}
        />
      </label>
      <label className="field">
        <span>
          New password <small>{PASSWORD_MIN} characters or more</small>
        </span>
        <input
          className="input"
          name="next"
          type="password"
          autoComplete="new-password"
          required
          minLength={PASSWORD_MIN}
          maxLength={PASSWORD_MAX}
        />
      </label>
      <p className="password-hint">You stay signed in here, and are signed out everywhere else.</p>
      {complaint !== '' && (
        <p className="complaint" role="alert">
          {complaint}
        </p>
      )}
      <footer>
        <button className="button" type="button" onClick={() => setStage('closed')}>
          Keep it
        </button>
        <button className="button primary" type="submit" disabled={stage === 'asking'}>
          Change password
        </button>
      </footer>
    </form>
  );
}

function explainChange(error: unknown): string {
  if (!(error instanceof ForbiddenError)) return explain(error);
  const { details } = error;
  const reason = details !== undefined && 'reason' in details ? details.reason : undefined;
  return reason === 'no_password'
    ? 'You sign in by another service: change the password there.'
    : 'The current password is wrong.';
}
