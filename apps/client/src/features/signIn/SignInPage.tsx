import { type SubmitEvent, useState } from 'react';
import { errorText, errorReason } from '../../shared/formatting/errorText';
import { readForm } from '../../shared/form/readForm';
import { useChatStore } from '../../store/chatStore';
import { invitationFromUrl, useRegistration } from './registration';
import { BASE } from '../../store/serverUrl';
import { useClient } from '../../store/ClientContext';
import { UnsentNotice } from './UnsentNotice';
import { SignInFields, SignUpFields } from './SignInFields';
import './signInPage.css';

type Mode = 'sign up' | 'sign in';

const RETURNING_KEY = 'chasqui/known';

/** Returning users see the sign-in form, new ones the sign-up form, with a link to the other. */
export function SignInPage() {
  const client = useClient();
  const [invitation] = useState(invitationFromUrl);
  const registration = useRegistration();
  const [mode, setMode] = useState<Mode>(
    isReturning() && invitation === '' ? 'sign in' : 'sign up',
  );
  const [isPasswordTemporary, setPasswordTemporary] = useState(false);
  const isClosed = mode === 'sign up' && registration === 'closed';
  const [error, setError] = useState('');
  const [isSubmitting, setSubmitting] = useState(false);
  const hasSessionEnded = useChatStore(
    ({ connection }) => connection.state === 'signed out' && connection.reason === 'refused',
  );

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const text = readForm(event.currentTarget);
    setSubmitting(true);
    setError('');
    try {
      if (mode === 'sign up') await client.signUp(signUpRequest(text));
      else await client.signIn(signInRequest(text));
      markReturning();
    } catch (error) {
      setPasswordTemporary(errorReason(error) === 'new_password_required');
      setError(mode === 'sign in' ? signInErrorText(error) : errorText(error));
      setSubmitting(false);
    }
  }

  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <img src={`${BASE}icon.svg`} alt="" width="56" height="56" />
        <h1>{mode === 'sign up' ? 'Welcome to Chasqui' : 'Welcome back'}</h1>
        <p className="sign-in-lead">
          {hasSessionEnded
            ? 'Your session has ended. Sign in again to continue.'
            : 'Messages that arrive, even when things crash.'}
        </p>
        {isClosed ? (
          <p role="status">
            Registration is closed on this server. Ask an administrator for an account.
          </p>
        ) : (
          <form key={mode} onSubmit={(event) => void submit(event)} aria-label={mode}>
            {mode === 'sign up' ? (
              <SignUpFields invitation={registration === 'invite' ? invitation : null} />
            ) : (
              <SignInFields withNewPassword={isPasswordTemporary} />
            )}
            <p className="form-error" role="alert">
              {error}
            </p>
            <button className="button primary" type="submit" disabled={isSubmitting}>
              {mode === 'sign up' ? 'Create account' : 'Sign in'}
            </button>
          </form>
        )}
        <p className="sign-in-other">
          {mode === 'sign up' ? 'Already have an account?' : 'New here?'}{' '}
          <button
            className="link-button"
            type="button"
            onClick={() => {
              setMode(mode === 'sign up' ? 'sign in' : 'sign up');
              setError('');
            }}
          >
            {mode === 'sign up' ? 'Sign in' : 'Create an account'}
          </button>
        </p>
        <UnsentNotice />
        <p className="sign-in-small">
          Messages are {client.protection}. The people who run this server can read them.
        </p>
      </div>
    </main>
  );
}

const signUpRequest = (text: (name: string) => string) => ({
  username: text('username').trim(),
  email: text('email'),
  password: text('password'),
  displayName: text('name'),
  ...(text('invitation') === '' ? {} : { invitation: text('invitation').trim() }),
});

function signInRequest(text: (name: string) => string) {
  const [name, password] = [text('username').trim(), text('password')];
  const newPassword = text('new_password') === '' ? undefined : text('new_password');
  return name.includes('@')
    ? { email: name, password, newPassword }
    : { username: name, password, newPassword };
}

function signInErrorText(error: unknown): string {
  const isWrong = error instanceof Error && error.name === 'UnauthorizedError';
  return isWrong ? 'Wrong username or password.' : errorText(error);
}

function isReturning(): boolean {
  try {
    return localStorage.getItem(RETURNING_KEY) !== null;
  } catch {
    return false;
  }
}

function markReturning(): void {
  try {
    localStorage.setItem(RETURNING_KEY, 'yes');
  } catch {
    // Storage is unavailable: the next visit starts with the sign-up form.
  }
}
