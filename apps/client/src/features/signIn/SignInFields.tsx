import { INVITATION_MAX, USERNAME_MAX, USERNAME_MIN } from '@chasqui/protocol';
import { NewPasswordField, CurrentPasswordField } from '../../shared/form/PasswordField';

/** The fields of the sign-up form. */
export function SignUpFields({ invitation }: { invitation: string | null }) {
  return (
    <>
      {invitation !== null && (
        <label className="field">
          <span>
            Invitation <small>the code you were sent</small>
          </span>
          <input
            className="input"
            name="invitation"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            maxLength={INVITATION_MAX}
            defaultValue={invitation}
          />
        </label>
      )}
      <label className="field">
        <span>Your name</span>
        <input
          className="input"
          name="name"
          autoComplete="name"
          required
          maxLength={100}
          autoFocus
          placeholder="Ana Quispe"
        />
      </label>
      <label className="field">
        <span>
          Username <small>how others find you</small>
        </span>
        <input
          className="input"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          pattern="[a-zA-Z0-9_.\-]+"
          title="Letters, digits, dots, hyphens and underscores"
          minLength={USERNAME_MIN}
          maxLength={USERNAME_MAX}
          placeholder="ana"
        />
      </label>
      <label className="field">
        <span>Email</span>
        <input
          className="input"
          name="email"
          // Not type="email", which rejects non-ASCII letters.
          type="text"
          inputMode="email"
          autoCapitalize="none"
          spellCheck={false}
          autoComplete="email"
          required
          placeholder="ana@example.org"
        />
      </label>
      <NewPasswordField name="password" label="Password" />
    </>
  );
}

/** `withNewPassword` asks for a new password, after a sign-in with a temporary one. */
export function SignInFields({ withNewPassword }: { withNewPassword: boolean }) {
  return (
    <>
      <label className="field">
        <span>Username or email</span>
        <input
          className="input"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          autoFocus
        />
      </label>
      <CurrentPasswordField name="password" label="Password" />
      {withNewPassword && <NewPasswordField name="new_password" label="New password" autoFocus />}
    </>
  );
}
