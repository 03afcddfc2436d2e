import { ChasquiError } from '@chasqui/protocol';
import { OfflineError, SignedOutError, StorageError } from '@chasqui/sdk';

/** Explains an error to the user: what went wrong and what they can do. */
export function errorText(error: unknown): string {
  if (error instanceof OfflineError)
    return 'You are offline. Try again when you have a connection.';
  if (error instanceof SignedOutError) return 'You are signed out.';
  if (error instanceof StorageError)
    return 'This browser could not save that. Its storage may be full.';
  if (!(error instanceof ChasquiError)) return 'Something went wrong. Try again.';
  switch (error.name) {
    case 'ValidationError':
      return fieldErrors(error).join(' ') || sentence(error.message);
    case 'UnauthorizedError':
      return 'You are signed out.';
    case 'ForbiddenError':
      return forbiddenText(error);
    case 'NotFoundError':
      return 'This no longer exists.';
    case 'ConflictError':
      return sentence(error.message);
    case 'RateLimitError':
      return `Too many requests. Try again in ${error.retryAfterSeconds ?? 1} s.`;
    case 'UnavailableError':
      return 'The server is unavailable right now. Try again.';
    case 'InternalError':
      return 'Something went wrong on the server.';
  }
}

/** The machine-readable reason in the details of an error, if there is one. */
export function errorReason(error: unknown): unknown {
  if (!(error instanceof ChasquiError)) return undefined;
  const { details } = error;
  return details !== undefined && 'reason' in details ? details.reason : undefined;
}

function forbiddenText(error: ChasquiError): string {
  const reason = errorReason(error);
  switch (reason) {
    case 'suspended':
      return 'This account is suspended. Contact an administrator of this server.';
    case 'new_password_required':
      return 'This password is temporary. Choose a new one.';
    case 'registration_closed':
      return 'Registration is closed on this server.';
    case 'invitation_required':
      return 'You need an invitation to register here.';
    case 'invitation_invalid':
      return 'This invitation is no longer valid. Ask for a new one.';
    case 'blocked':
      return 'You cannot message or add this person.';
    case 'requested':
      return 'They have not accepted yet. You can send more once they do.';
    case 'deleted':
      return 'This account was deleted.';
    default:
      return 'Your role in this group does not allow that.';
  }
}

/** One sentence per invalid field: `Password: must have at least 8 characters.` */
function fieldErrors({ details }: ChasquiError): string[] {
  if (!Array.isArray(details)) return [];
  return details.flatMap((detail: unknown) =>
    isFieldError(detail) ? [sentence(`${fieldName(detail.path)}: ${detail.message}`)] : [],
  );
}

function isFieldError(detail: unknown): detail is { path: string; message: string } {
  return typeof detail === 'object' && detail !== null && 'path' in detail && 'message' in detail;
}

const fieldName = (path: string): string =>
  path === 'content_encrypted' ? 'message' : (path.split('.')[0] ?? '').replaceAll('_', ' ');

function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}
