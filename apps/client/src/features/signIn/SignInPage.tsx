import { type SubmitEvent, useState } from 'react';
import { explain, reasonOf } from '../../shared/formatting/errorText';
import { useChatStore } from '../../store/chatStore';
import { invitationOfLink, useRegistration } from './registration';
import { BASE } from '../../store/serverUrl';
import { useClient } from '../../store/ClientContext';
import { KeptUnsent } from './UnsentNotice';
import { SignInFields, SignUpFields } from './SignInFields';
import './signInPage.css';

type Mode = 'sign up' | 'sign in';

const KNOWN = 'chasqui/known';

/** Who was here before signs in, everybody else signs up; either is one click from the other. */
export function SignInPage() {
  const client = useClient();
  const [invitation] = useState(invitationOfLink);
  const registration = useRegistration();
  const [mode, setMode] = useState<Mode>(wasHere() && invitation === '' ? 'sign in' : 'sign up');
  const [isTemporary, setTemporary] = useState(false);
  const isClosed = mode === 'sign up' && registration === 'closed';
  const [complaint, setComplaint] = useState('');
  const [isBusy, setBusy] = useState(false);
  const wasEnded = useChatStore(
    ({ connection }) => connection.state === 'signed out' && connection.reason === 'refused',
  );

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string): string => {
      const value = form.get(name);
      return typeof value === 'string' ? value : '';
    };
    setBusy(true);
    setComplaint('');
    try {
      if (mode === 'sign up') await client.signUp(signUpOf(text));
      else await client.signIn(signInOf(text));
      remember();
    } catch (error) {
      setTemporary(reasonOf(error) === 'new_password_required');
      setComplaint(mode === 'sign in' ? explainSignIn(error) : explain(error));
      setBusy(false);
    }
  }

  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <img src={`${BASE}icon.svg`} alt="" width="56" height="56" />
        <h1>{mode === 'sign up' ? 'Welcome to Chasqui' : 'Welcome back'}</h1>
        <p className="sign-in-lead">
          {wasEnded
            ? 'Your session has ended. Sign in again to continue.'
            : 'Chat that arrives, whatever crashes in between.'}
        </p>
        {isClosed ? (
          <p role="status">
            Registration is closed on this server. Ask its administrators for an account.
          </p>
        ) : (
          <form key={mode} onSubmit={(event) => void submit(event)} aria-label={mode}>
            {mode === 'sign up' ? (
              <SignUpFields invitation={registration === 'invite' ? invitation : null} />
            ) : (
              <SignInFields withNewPassword={isTemporary} />
            )}
            <p className="complaint" role="alert">
              {complaint}
            </p>
            <button className="button primary" type="submit" disabled={isBusy}>
              {mode === 'sign up' ? 'Create account' : 'Sign in'}
            </button>
          </form>
        )}
        <p className="sign-in-other">
          {mode === 'sign up' ? 'You have an account?' : 'You are new here?'}{' '}
          <button
            className="link-button"
            type="button"
            onClick={() => {
              setMode(mode === 'sign up' ? 'sign in' : 'sign up');
              setComplaint('');
            }}
          >
            {mode === 'sign up' ? 'Sign in' : 'Create an account'}
          </button>
        </p>
        <KeptUnsent />
        <p className="sign-in-small">
          Messages are {client.protection}: whoever runs this server can read them.
        </p>
      </div>
    </main>
  );
}

const signUpOf = (text: (name: string) => string) => ({
  username: text('username').trim(),
  email: text('email'),
  password: text('password'),
  displayName: text('name'),
  ...(text('invitation') === '' ? {} : { invitation: text('invitation').trim() }),
});

function signInOf(text: (name: string) => string) {
  const [name, password] = [text('username').trim(), text('password')];
  const newPassword = text('new_password') === '' ? undefined : text('new_password');
  return name.includes('@')
    ? { email: name, password, newPassword }
    : { username: name, password, newPassword };
}

function explainSignIn(error: unknown): string {
  const isWrong = error instanceof Error && error.name === 'UnauthorizedError';
  return isWrong ? 'User name or password is wrong.' : explain(error);
}

function wasHere(): boolean {
  try {
    return localStorage.getItem(KNOWN) !== null;
  } catch {
    return false;
  }
}

function remember(): void {
  try {
    localStorage.setItem(KNOWN, 'yes');
  } catch {
    // Then the next visit begins with signing up, one click away.
  }
}
