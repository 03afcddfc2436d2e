import { ForbiddenError } from '@chasqui/protocol';
import { KeyRound } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useChatStore } from '../../store/chatStore';
import { CurrentPasswordField, NewPasswordField } from '../../shared/form/PasswordField';
import { readForm } from '../../shared/form/readForm';
import { errorText } from '../../shared/formatting/errorText';
import { useClient } from '../../store/ClientContext';

type Stage = 'closed' | 'open' | 'submitting' | 'done';

/** Changes the password, given the current one. This signs out all other devices. */
export function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const client = useClient();
  const username = useChatStore((view) => view.me?.username ?? '');
  const [stage, setStage] = useState<Stage>('closed');
  const [error, setError] = useState('');

  async function submit(event: FormEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const text = readForm(event.currentTarget);
    setStage('submitting');
    setError('');
    try {
      await client.changePassword(text('current'), text('next'));
      setStage('done');
      onChanged();
    } catch (error) {
      setError(passwordErrorText(error));
      setStage('open');
    }
  }

  if (stage === 'closed' || stage === 'done') {
    return (
      <section className="password">
        <p role="status">
          {stage === 'done' && 'Password changed. You were signed out everywhere else.'}
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
    <form className="password" onSubmit={(event) => void submit(event)}>
      {/* Password managers read the account from this field. */}
      <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
      <CurrentPasswordField name="current" label="Current password" autoFocus />
      <NewPasswordField name="next" label="New password" />
      <p className="password-hint">You stay signed in here and are signed out everywhere else.</p>
      {error !== '' && (
        <p className="form-error" role="alert">
          {error}
        </p>
      )}
      <footer>
        <button className="button" type="button" onClick={() => setStage('closed')}>
          Cancel
        </button>
        <button className="button primary" type="submit" disabled={stage === 'submitting'}>
          Change password
        </button>
      </footer>
    </form>
  );
}

function passwordErrorText(error: unknown): string {
  if (!(error instanceof ForbiddenError)) return errorText(error);
  const { details } = error;
  const reason = details !== undefined && 'reason' in details ? details.reason : undefined;
  return reason === 'no_password'
    ? 'You sign in with another service. Change your password there.'
    : 'The current password is wrong.';
}
