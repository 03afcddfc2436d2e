import { PASSWORD_MAX, PASSWORD_MIN, USERNAME_MAX, USERNAME_MIN } from '@pern/protocol/limits';

/** What somebody new is asked for, as little as there can be. */
export function SignUpFields() {
  return (
    <>
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
          User name <small>by which others find you</small>
        </span>
        <input
          className="input"
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          pattern="[a-zA-Z0-9_.\-]+"
          title="Letters, digits, dots, dashes and underscores"
          minLength={USERNAME_MIN}
          maxLength={USERNAME_MAX}
          placeholder="ana"
        />
      </label>
      <label className="field">
        <span>E-mail</span>
        <input
          className="input"
          name="email"
          type="email"
          autoComplete="email"
          required
          placeholder="ana@example.org"
        />
      </label>
      <label className="field">
        <span>
          Password <small>{PASSWORD_MIN} characters or more</small>
        </span>
        <input
          className="input"
          name="password"
          type="password"
          autoComplete="new-password"
          required
          minLength={PASSWORD_MIN}
          maxLength={PASSWORD_MAX}
        />
      </label>
    </>
  );
}

export function SignInFields() {
  return (
    <>
      <label className="field">
        <span>User name or e-mail</span>
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
      <label className="field">
        <span>Password</span>
        <input
          className="input"
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
      </label>
    </>
  );
}
