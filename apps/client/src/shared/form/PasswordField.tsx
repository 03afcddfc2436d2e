import { PASSWORD_MAX, PASSWORD_MIN } from '@chasqui/protocol';

interface PasswordFieldProps {
  readonly name: string;
  readonly label: string;
  readonly autoFocus?: boolean;
}

/** A field for the password that the user signs in with now. */
export function CurrentPasswordField({ name, label, autoFocus = false }: PasswordFieldProps) {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        className="input"
        name={name}
        type="password"
        autoComplete="current-password"
        required
        autoFocus={autoFocus}
        maxLength={PASSWORD_MAX}
      />
    </label>
  );
}

/** A field for a password that the user chooses. */
export function NewPasswordField({ name, label, autoFocus = false }: PasswordFieldProps) {
  return (
    <label className="field">
      <span>
        {label} <small>at least {PASSWORD_MIN} characters</small>
      </span>
      <input
        className="input"
        name={name}
        type="password"
        autoComplete="new-password"
        required
        autoFocus={autoFocus}
        minLength={PASSWORD_MIN}
        maxLength={PASSWORD_MAX}
      />
    </label>
  );
}
